"""From a user's words to the configuration of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from armillary.core.errors import UnknownNameError
from armillary.core.units import parse_count
from armillary.data.sources import infer_source
from armillary.recipes.registry import BEST_FAMILY, FAMILIES, RECIPES, of_task
from armillary.training.config import RunConfig

DEFAULT_SIZE = 1e6  # parameters, where neither the recipe, size= nor model.FIELD= says otherwise


def experiment(subject: str, assignments: Sequence[str] = ()) -> RunConfig:
    """Return the configuration for a recipe or task called ``subject``, changed by ``assignments``.

    Besides the fields of RunConfig by dotted path, an assignment may be ``data=PATH`` (the user's own
    data, its kind told by its form) or ``size=1M`` (the model's parameters).  The model is built for
    the task's signature, so the source is read here.  Raises UnknownNameError, ConfigError, DataError.
    """
    data, size, fields = _sort(assignments)
    config = base(subject)
    if data is not None:
        task = config.task
        config = config.replace(task=task.replace(source=infer_source(Path(data), task.example)))
    config = config.override(*fields).fitted()
    shaped = any(f.startswith("model.") and not f.startswith("model.kind=") for f in fields)
    if size is None and (shaped or config.model.kind not in FAMILIES):
        return config
    return config.replace(model=config.model.at_size(parse_count(size) if size else DEFAULT_SIZE))


def base(subject: str) -> RunConfig:
    """Return the recipe called ``subject``, or the best family's recipe of the task of that name."""
    if subject in RECIPES:
        return RECIPES[subject]()
    if subject in BEST_FAMILY:
        return of_task(subject, BEST_FAMILY[subject])
    raise UnknownNameError("recipe or task", subject, [*RECIPES, *BEST_FAMILY])


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
