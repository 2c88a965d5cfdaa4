"""Everything that a ladder says: fits, back-tests, held-out checks, the comparison of families, costs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from armillary.core.errors import RequestError
from armillary.core.files import read_json
from armillary.fitting.fit import Certificate
from armillary.fitting.selection import BackTest
from armillary.fitting.uncertainty import Estimate, Interval
from armillary.runs.run import Run
from armillary.scaling.comparison import Comparison, compare
from armillary.scaling.cost import ASSUMPTIONS, Cost, project_costs
from armillary.scaling.extrapolation import Extrapolation, HeldOutCheck, check_rows, extrapolate
from armillary.scaling.family import FamilyFit, fit_families
from armillary.scaling.observations import Dropped, Observation, Observations, as_table, from_ladder

BAND_POINTS = 40
FITS_REACH = 10.0  # times the largest compute that bands of fits are drawn to
VAGUE = 3.0  # upper over lower end of the interval of E beyond which the runs do not tell it


@dataclass(frozen=True, kw_only=True)
class BandPoint:
    """The law at one amount of compute, at the best split into size and data."""

    train_flops: float
    n_params: float | None  # None: the law knows compute only
    n_tokens: float | None
    loss: float
    interval_50: Interval  # predictive
    interval_90: Interval  # predictive likewise


@dataclass(frozen=True, kw_only=True)
class FittedLaw:
    """A family's law as it was fitted, with all that says how far to trust it."""

    law: str  # registered name; of a blend "0.43 chinchilla + 0.57 kaplan"
    formula: str  # "L(N, D) = E + A N^-alpha + B D^-beta"
    citation: str
    method: str  # of the fit: "least squares on log residuals"
    parameters: Mapping[str, Estimate]  # of a blend as "chinchilla.alpha"
    weights: Mapping[str, float]  # by law, the heaviest first
    blended: tuple[BackTest, ...]  # of the laws of a blend in that order; empty where one law has it all
    noise: float  # standard deviation of a log residual, degrees of freedom accounted for
    certificate: Certificate
    back_test: BackTest
    alternatives: tuple[BackTest, ...]  # of the laws that were not chosen, best first
    band: tuple[BandPoint, ...]  # in order of compute, smallest trained to beyond the held-out points


@dataclass(frozen=True, kw_only=True)
class FamilyAnalysis:
    """One family's rungs and what they say."""

    family: str
    observations: tuple[Observation, ...]  # in order of compute; those of role "fit" were fitted
    expected: tuple[float, ...]  # the law's loss for each of them; empty without a law
    fitted: FittedLaw | None  # None: no law could be fitted, and ``problem`` says why
    problem: str  # empty when there is none
    checks: tuple[HeldOutCheck, ...]  # one per held-out rung that was trained
    flops_per_second: float | None  # measured over the runs; None: times were not recorded


@dataclass(frozen=True, kw_only=True)
class TrainingCurve:
    """Validation loss along one run's training."""

    name: str
    family: str
    n_tokens: tuple[float, ...]
    train_flops: tuple[float, ...]
    loss: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """The data that the ladder was trained on."""

    kind: str  # its registered name
    licence: str  # of the data
    citation: str
    n_tokens: float | None  # in the training split; None: not known


@dataclass(frozen=True, kw_only=True)
class FitsAnalysis:
    """Fitted families, wherever their runs came from."""

    unit: str  # what losses are a mean over; empty when that is not known
    families: tuple[FamilyAnalysis, ...]
    comparison: Comparison | None  # None: fewer than two families have a law


@dataclass(frozen=True, kw_only=True)
class LadderAnalysis(FitsAnalysis):
    """A whole ladder, analysed."""

    name: str  # of the ladder
    task: str  # its registered name
    source: SourceFacts
    costs: tuple[Cost, ...]  # of the winner; empty when no family has a law
    curves: tuple[TrainingCurve, ...]
    baselines: Mapping[str, Mapping[str, float]]  # metrics by the classical baseline's name
    dropped: tuple[Dropped, ...]  # rungs that were not used, and why
    notes: tuple[str, ...]  # what a reader must know: assumptions, limits

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; numbers that are not finite become null."""
        plain = _plain(dataclasses.asdict(self))
        assert isinstance(plain, dict)
        return plain


@runtime_checkable
class Planned(Protocol):
    """A rung that is to be trained."""

    @property
    def family(self) -> str: ...
    @property
    def n_params(self) -> int: ...
    @property
    def n_tokens(self) -> int: ...
    @property
    def train_flops(self) -> float: ...


def analyse(folder: Path) -> LadderAnalysis:
    """Analyse the ladder in ``folder`` as far as it has been trained.

    RequestError when the folder is no ladder; a family whose law cannot be fitted is told so in its own
    ``problem`` and leaves the others alone.
    """
    if not (folder / "ladder.json").is_file():
        raise RequestError(f"{folder} is not a ladder (it has no ladder.json)")
    record = read_json(folder / "ladder.json")
    observations = from_ladder(folder)
    fits, problems = fit_families(observations)
    families = tuple(
        _family(family, observations, fits.get(family), problems.get(family, ""))
        for family in observations.families
    )
    trained = max((row.train_flops for row in observations.rows), default=None)
    comparison = compare(tuple(fits.values()), trained) if len(fits) > 1 else None
    winner = _winner(fits, comparison)
    source = SourceFacts(
        **{key: record["source"][key] for key in ("kind", "licence", "citation", "n_tokens")}
    )
    costs = () if winner is None else _costs(fits[winner], families, source)
    return LadderAnalysis(
        name=record["name"],
        task=record["task"],
        unit=record["unit"],
        source=source,
        families=families,
        comparison=comparison,
        costs=costs,
        curves=tuple(_curve(folder, row) for row in observations.rows),
        baselines=record["baselines"],
        dropped=observations.dropped,
        notes=(*_notes(fits, observations), *(_cost_notes(record) if costs else ())),
    )


def analyse_fits(fits: Sequence[FamilyFit]) -> FitsAnalysis:
    """Analyse families that were fitted before, as in a fit file; bands go on to 10 times the data."""
    families = tuple(
        FamilyAnalysis(
            family=fit.family,
            observations=fit.observations,
            expected=_expected(fit, fit.observations),
            fitted=_fitted_law(fit, FITS_REACH * fit.largest_compute),
            problem="",
            checks=(),
            flops_per_second=_flops_per_second(fit.observations),
        )
        for fit in fits
    )
    return FitsAnalysis(unit="", families=families, comparison=compare(fits) if len(fits) > 1 else None)


def predict_rungs(folder: Path, rungs: Sequence[Planned]) -> list[Extrapolation]:
    """Predict rungs that are to be trained, from the fitted rungs of the ladder in ``folder``.

    Families whose law cannot be fitted are left out.
    """
    fits, _ = fit_families(from_ladder(folder))
    return [
        extrapolate(
            fits[rung.family], n_params=rung.n_params, n_tokens=rung.n_tokens, train_flops=rung.train_flops
        )
        for rung in rungs
        if rung.family in fits
    ]


def _family(family: str, observations: Observations, fit: FamilyFit | None, problem: str) -> FamilyAnalysis:
    fitted, held_out = observations.of(family), observations.of(family, "held-out")
    largest = max(row.train_flops for row in (*fitted, *held_out))
    return FamilyAnalysis(
        family=family,
        observations=(*fitted, *held_out),
        expected=() if fit is None else _expected(fit, (*fitted, *held_out)),
        fitted=None if fit is None else _fitted_law(fit, 2 * largest),
        problem=problem,
        checks=() if fit is None else check_rows(fit, held_out),
        flops_per_second=_flops_per_second((*fitted, *held_out)),
    )


def _expected(fit: FamilyFit, rows: Sequence[Observation]) -> tuple[float, ...]:
    return tuple(float(loss) for loss in fit.expected(as_table(rows).columns))


def _fitted_law(fit: FamilyFit, end: float) -> FittedLaw:
    return FittedLaw(
        law=fit.law.name,
        formula=fit.law.formula,
        citation=fit.law.citation,
        method=fit.method,
        parameters=fit.parameters(),
        weights={member.law.name: member.weight for member in fit.members},
        blended=tuple(member.back_test for member in fit.members) if len(fit.members) > 1 else (),
        noise=fit.noise,
        certificate=fit.certificate,
        back_test=fit.back_test,
        alternatives=fit.alternatives,
        band=_band(fit, end),
    )


def _band(fit: FamilyFit, end: float) -> tuple[BandPoint, ...]:
    """Return the law along compute, from the smallest fitted to ``end``."""
    grid = np.geomspace(fit.observations[0].train_flops, end, BAND_POINTS)
    n_params, n_tokens = fit.split(grid)
    inputs = {"n_params": n_params, "n_tokens": n_tokens, "train_flops": grid}
    losses = fit.expected(inputs)
    half, most = (fit.draws.intervals(inputs, level, fit.back_test.widen) for level in (0.5, 0.9))
    return tuple(
        BandPoint(
            train_flops=float(grid[i]),
            n_params=float(n_params[i]) if fit.knows_size else None,
            n_tokens=float(n_tokens[i]) if fit.knows_size else None,
            loss=float(losses[i]),
            interval_50=half[i],
            interval_90=most[i],
        )
        for i in range(len(grid))
    )


def _flops_per_second(rows: Sequence[Observation]) -> float | None:
    """Return the compute of whole runs over their time; branches share a run's time and do not count."""
    whole = [row for row in rows if row.seconds and row.lineage in ("", row.name)]
    seconds = sum(row.seconds or 0.0 for row in whole)
    return sum(row.train_flops for row in whole) / seconds if seconds else None


def _winner(fits: Mapping[str, FamilyFit], comparison: Comparison | None) -> str | None:
    return comparison.winner if comparison is not None else next(iter(fits), None)


def _costs(fit: FamilyFit, families: Sequence[FamilyAnalysis], source: SourceFacts) -> tuple[Cost, ...]:
    [family] = [family for family in families if family.family == fit.family]
    return project_costs(fit, source_tokens=source.n_tokens, flops_per_second=family.flops_per_second)


def _curve(folder: Path, row: Observation) -> TrainingCurve:
    """Return the validation losses that a run logged on its way."""
    records = [
        record
        for record in Run.open(folder / "rungs" / row.name).metrics()
        if record.get("split") == "validation" and {"loss", "n_tokens", "train_flops"} <= set(record)
    ]
    return TrainingCurve(
        name=row.name,
        family=row.family,
        n_tokens=tuple(float(record["n_tokens"]) for record in records),
        train_flops=tuple(float(record["train_flops"]) for record in records),
        loss=tuple(float(record["loss"]) for record in records),
    )


def _cost_notes(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the costs rest on."""
    if "workers" not in record:
        return ASSUMPTIONS
    here = (
        f"This machine counts as fast as one of the ladder's runs was, {record['workers']} of them at a "
        f"time; each had {record['threads']} of its threads."
    )
    return (here, *ASSUMPTIONS)


def _notes(fits: Mapping[str, FamilyFit], observations: Observations) -> list[str]:
    notes = list(observations.assumptions)
    for family, fit in fits.items():
        irreducible = fit.members[0].intervals.get("E")
        if irreducible is not None and irreducible.high > VAGUE * irreducible.low:
            notes.append(
                f"{family}: these runs hardly tell the irreducible loss E "
                f"(90% interval {irreducible.low:.2g} to {irreducible.high:.2g}); a wider range of sizes and "
                "data budgets would."
            )
        if fit.back_test.widen > 1:
            notes.append(
                f"{family}: intervals are widened {fit.back_test.widen:.2g} times, as the back-test's "
                "errors were larger than they said."
            )
    return notes


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
