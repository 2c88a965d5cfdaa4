"""What a plan is made from: a published law, a fit, or runs that are fitted first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from armillary.core.errors import FitError, RequestError, UnknownNameError
from armillary.fitting.uncertainty import LEVEL
from armillary.scaling.family import FamilyFit, fit_families, fit_family
from armillary.scaling.fit_file import choose, load_fits
from armillary.scaling.laws import LAWS
from armillary.scaling.planning.named import NAMED_LAWS, named_law
from armillary.scaling.planning.surface import LossSurface
from armillary.scaling.reading import read_observations

FEW_DRAWS = 100  # of an alternative, of which the law itself is what is used


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """The families that may be planned, and what had to be assumed to read them."""

    surfaces: tuple[LossSurface, ...]  # one for each family whose law knows a best size; at least one
    fits: tuple[FamilyFit, ...]  # of all families; none: a published law
    notes: tuple[str, ...] = ()


def read_subject(
    text: str,
    *,
    columns: Mapping[str, str] | None = None,
    law: str | None = None,
    family: str | None = None,
    level: float = LEVEL,
) -> Subject:
    """Return the subject called ``text``: a published law's name, a fit.json, a ladder, runs, a table.

    ``law`` fits that one to runs; ``family`` picks one of several.  UnknownNameError when ``text`` is
    neither a name nor a path, FitError when nothing in it has a law with a best size.
    """
    if text in NAMED_LAWS:
        if law or family or columns:
            raise RequestError(f"{text} is a published law; --law, --family and --columns go with runs")
        return Subject(surfaces=(LossSurface.of_named(named_law(text), level),), fits=())
    path = Path(text)
    if not path.exists():
        hint = "or give a fit.json, a ladder, a folder of runs or a table that exists"
        raise UnknownNameError("published law", text, NAMED_LAWS, hint)
    if path.is_file() and path.suffix.lower() == ".json":
        if law or columns:
            raise RequestError(f"{text} is a fit already; --law and --columns go with runs")
        return _of_fits(load_fits(path), family, level, ())
    observations = read_observations(path, columns or {})
    fits, problems = fit_families(observations, law)
    notes = [f"{name or text}: not fitted: {problem}" for name, problem in problems.items()]
    if observations.dropped:
        count = len(observations.dropped)
        notes.append(f"{count} row{'s' * (count > 1)} of {text} not used; `armillary fit` lists them.")
    if not fits:
        raise FitError("; ".join(notes))
    return _of_fits(tuple(fits.values()), family, level, (*notes, *observations.assumptions))


def _of_fits(
    fits: tuple[FamilyFit, ...], family: str | None, level: float, notes: tuple[str, ...]
) -> Subject:
    chosen = fits if family is None else (choose(fits, family),)
    surfaces, problems = [], []
    for fit in chosen:
        try:
            surfaces.append(LossSurface.of_fit(fit, level))
        except FitError as error:
            problems.append(f"{fit.family}: {error}" if fit.family else str(error))
    if not surfaces:
        raise FitError("; ".join(problems))
    return Subject(surfaces=tuple(surfaces), fits=fits, notes=(*notes, *problems))


def alternatives(surface: LossSurface, against: tuple[str, ...] | None) -> tuple[LossSurface, ...]:
    """Return the laws that a plan on ``surface`` is held against.

    ``against`` names published laws, laws to fit to the surface's own runs, or files of fits; None: the
    laws of a blend each alone and the other laws of the back-test, as far as they know a best size, or for
    a published law its rival.
    """
    if against is not None:
        return tuple(found for name in against for found in _named_alternative(surface, name))
    if surface.fit is None:
        rivals = [name for name in ("hoffmann", "besiroglu") if name != surface.facts.name]
        return tuple(LossSurface.of_named(NAMED_LAWS[name]) for name in rivals)
    fit, blended = surface.fit, len(surface.fit.members) > 1
    alone = [replace(fit, members=(member,)) for member in fit.members if blended]
    others = [test.law for test in fit.alternatives if {"n_params", "n_tokens"} <= set(LAWS[test.law].inputs)]
    sized = [LossSurface.of_fit(each) for each in alone if each.knows_size]
    return (*sized, *(_refitted(fit, name) for name in others))


def _named_alternative(surface: LossSurface, name: str) -> tuple[LossSurface, ...]:
    if name in NAMED_LAWS:
        return (LossSurface.of_named(NAMED_LAWS[name]),)
    if name in LAWS:
        if surface.fit is None:
            raise RequestError(f"{surface.facts.name} comes without runs that {name} could be fitted to")
        return (_refitted(surface.fit, name),)
    if Path(name).is_file():
        return tuple(LossSurface.of_fit(fit) for fit in load_fits(Path(name)))
    raise UnknownNameError("law", name, {*NAMED_LAWS, *LAWS})


def _refitted(fit: FamilyFit, law: str) -> LossSurface:
    return LossSurface.of_fit(fit_family(fit.observations, law, n_draws=FEW_DRAWS))
