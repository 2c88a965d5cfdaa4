"""Everything that a ladder says: fits, back-tests, held-out checks, the comparison of families, costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from armillary.fitting.fit import Certificate
from armillary.fitting.selection import BackTest
from armillary.fitting.uncertainty import Estimate, Interval
from armillary.scaling.comparison import Comparison
from armillary.scaling.cost import Cost
from armillary.scaling.extrapolation import HeldOutCheck
from armillary.scaling.observations import Dropped, Observation


@dataclass(frozen=True, kw_only=True)
class BandPoint:
    """The law at one amount of compute, at the best split into size and data."""

    train_flops: float
    n_params: float | None  # None: the law knows compute only
    n_tokens: float | None
    loss: float
    interval_50: Interval  # predictive
    interval_90: Interval


@dataclass(frozen=True, kw_only=True)
class FittedLaw:
    """A family's law as it was fitted, with all that says how far to trust it."""

    law: str  # registered name
    formula: str  # "L(N, D) = E + A N^-alpha + B D^-beta"
    citation: str
    objective: str  # "least squares on log residuals"
    parameters: Mapping[str, Estimate]
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

    kind: str
    licence: str
    citation: str
    n_tokens: float | None  # in the training split; None: not known


@dataclass(frozen=True, kw_only=True)
class LadderAnalysis:
    """A whole ladder, analysed."""

    name: str
    task: str
    unit: str  # what losses are a mean over
    source: SourceFacts
    families: tuple[FamilyAnalysis, ...]
    comparison: Comparison | None  # None: fewer than two families have a law
    costs: tuple[Cost, ...]  # of the winner; empty when no family has a law
    curves: tuple[TrainingCurve, ...]
    baselines: Mapping[str, Mapping[str, float]]  # metrics by the classical baseline's name
    dropped: tuple[Dropped, ...]  # rungs that were not used, and why
    notes: tuple[str, ...]  # what a reader must know: assumptions, limits
