"""From a user's words to the configuration of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from armillary.core.errors import ConfigError, UnknownNameError
from armillary.core.units import parse_count
from armillary.data.sources import infer_source
from armillary.recipes.registry import BEST_FAMILY, FAMILIES, FAMILIES_OF, RECIPES, of_task
from armillary.training.config import RunConfig
from armillary.training.start import further

DEFAULT_SIZE = 1e6  # parameters, where neither the recipe, size= nor model.FIELD= says otherwise


def experiment(subject: str, assignments: Sequence[str] = ()) -> RunConfig:
    """Return the configuration for a recipe or task called ``subject``, changed by ``assignments``.

    Besides the fields of RunConfig by dotted path, an assignment may be ``data=PATH`` (the user's own
    data, its kind told by its form) or ``size=1M`` (the model's parameters).  The model is built for
    the task's signature, so the source is read here.  Raises UnknownNameError, ConfigError, DataError.
    """
    data, size, fields = _sort(assignments)
    config = _on(data, base(subject, _family(fields))).override(*fields).fitted()
    shaped = any(f.startswith("model.") and not f.startswith("model.kind=") for f in fields)
    if size is None and (shaped or config.model.kind not in FAMILIES):
        return config
    return config.replace(model=config.model.at_size(parse_count(size) if size else DEFAULT_SIZE))


def fine_tuning(parent: Path, assignments: Sequence[str] = ()) -> RunConfig:
    """Return the configuration of a run that starts from the weights of ``parent``, else like it.

    ``assignments`` change it as those of ``experiment`` do, but for its size and family.  Raises
    RequestError when ``parent`` is no finished run, ConfigError, DataError.
    """
    data, size, fields = _sort(assignments)
    fixed = "size=" if size else next((f for f in fields if f.startswith("model")), None)
    if fixed and not fixed.startswith("model.dropout="):
        raise ConfigError(
            f"{fixed} cannot change: the weights of {parent} have their family and size; "
            "train a recipe or task without --from instead"
        )
    return _on(data, further(parent)).override(*fields)


def name_for(config: RunConfig, words: Sequence[str]) -> str:
    """Return a name for a run of ``config``, which a user asked for in ``words``."""
    if config.start is not None:
        return f"{config.start.resolve().name}-on"
    subject, family = words[0], f"-{config.model.kind}"
    return f"{subject if f'-{subject}'.endswith(family) else subject + family}-s{config.seed}"


def _on(data: str | None, config: RunConfig) -> RunConfig:
    """Return ``config`` with the user's data as its source, where there are any."""
    if data is None:
        return config
    source = infer_source(Path(data), config.task.example)
    return config.replace(task=config.task.replace(source=source))


def base(subject: str, family: str | None = None) -> RunConfig:
    """Return the recipe called ``subject``, or that of the task of that name: ``family``'s or the best's."""
    if subject in RECIPES:
        return RECIPES[subject]()
    if subject in BEST_FAMILY:
        return of_task(subject, family if family in FAMILIES_OF[subject] else BEST_FAMILY[subject])
    raise UnknownNameError("recipe or task", subject, [*RECIPES, *BEST_FAMILY])


def _family(fields: Sequence[str]) -> str | None:
    """Return the family that ``fields`` ask for, where they do."""
    asked = [field.partition("=")[2] for field in fields if field.startswith(("model=", "model.kind="))]
    return asked[-1] if asked else None


def _sort(assignments: Sequence[str]) -> tuple[str | None, str | None, list[str]]:
    data = size = None
    fields = []
    for assignment in assignments:
        name, _, value = assignment.partition("=")
        if name == "data":
            data = value
        elif name == "size":
            size = value
        else:
            fields.append(assignment)
    return data, size, fields
