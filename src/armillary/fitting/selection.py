"""Which law extrapolates best: hold out the largest compute, predict it from the rest, and count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from armillary.core.errors import FitError
from armillary.fitting.fit import require_enough
from armillary.fitting.law import Law
from armillary.fitting.method import Method, estimate, method_for
from armillary.fitting.objective import Objective
from armillary.fitting.uncertainty import Interval

CUTS = 5  # amounts of compute at which the data is split into known and held out
STARTS = 128
DRAWS = 300
LEAST_STEPS = 3  # held-out predictions without which a back-test says nothing
LEAST_COVERAGE = 0.6  # of 90% intervals: below it, they are wrong rather than unlucky
WORST_RMSLE = 0.05  # predictions that miss by more are of no use, whatever their intervals say
SAME_COMPUTE = 0.01  # relative difference below which two runs count as one amount of compute
HANDICAP = 0.25  # by how much a less preferred law must be better
NORMAL_90 = 1.6449  # half-width of a normal distribution's 90% interval, in standard deviations


@dataclass(frozen=True, kw_only=True)
class BackTestStep:
    """One held-out point: what the smaller ones said about it, and what it was."""

    inputs: Mapping[str, float]  # of the held-out point: n_params, n_tokens, train_flops
    n_fitted: int  # smaller points that the law was fitted to
    compute_ratio: float  # compute of this point over the largest fitted
    predicted: float
    interval: Interval  # 90%, predictive
    measured: float

    @property
    def error(self) -> float:
        """Predicted over measured loss, minus one."""
        return self.predicted / self.measured - 1

    @property
    def surprise(self) -> float:
        """ln(measured / predicted) in standard deviations of the prediction."""
        sd = np.log(self.interval.high / self.interval.low) / (2 * NORMAL_90)
        return float(np.log(self.measured / self.predicted) / max(sd, 1e-12))


@dataclass(frozen=True, kw_only=True)
class BackTest:
    """A law's record on held-out larger compute."""

    law: str
    steps: tuple[BackTestStep, ...]
    rmsle: float | None  # root of the mean squared log error of the predictions; None: there are none
    coverage: float | None  # share of held-out points inside their 90% interval
    bias: float | None  # mean of ln(predicted / measured)
    passed: bool  # whether an extrapolation rests on it
    verdict: str  # one sentence: why it passed, or what to change

    @property
    def widen(self) -> float:
        """By how much intervals must be stretched so that these errors would have been no surprise."""
        squares = [step.surprise**2 for step in self.steps]
        return max(1.0, float(np.sqrt(np.mean(squares)))) if squares else 1.0

    @property
    def longest_reach(self) -> float:
        """The largest compute ratio that was predicted."""
        return max((step.compute_ratio for step in self.steps), default=1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Columns of observations by name, with the compute that orders them."""

    columns: Mapping[str, Float[np.ndarray, " points"]]  # n_params, n_tokens, train_flops
    losses: Float[np.ndarray, " points"]
    lineage: tuple[str, ...]

    def rows(self, chosen: np.ndarray) -> Table:
        """Return the rows where ``chosen`` (a mask) is true."""
        return Table(
            columns={name: column[chosen] for name, column in self.columns.items()},
            losses=self.losses[chosen],
            lineage=tuple(name for name, keep in zip(self.lineage, chosen, strict=True) if keep),
        )

    def __len__(self) -> int:
        return len(self.losses)

    @property
    def compute(self) -> Float[np.ndarray, " points"]:
        return self.columns["train_flops"]


def back_test(law: type[Law], table: Table, objective: Objective | None = None) -> BackTest:
    """Fit ``law`` below each of a few amounts of compute and predict every run above it.

    The method is the one that all the observations would be fitted with.
    """
    method = method_for(law, len(table), objective)
    steps: list[BackTestStep] = []
    for limit in _cuts(law, table, method):
        below = table.compute <= limit * (1 + SAME_COMPUTE)
        steps += _predict_above(law, table.rows(below), table.rows(~below), method)
    return _judged(law, steps, len(table))


def _cuts(law: type[Law], table: Table, method: Method) -> list[float]:
    """Return the largest few amounts of compute up to which the law can be fitted with runs left above."""
    cuts: list[float] = []
    for limit in np.sort(table.compute)[::-1]:
        below = table.compute <= limit * (1 + SAME_COMPUTE)
        if below.all() or any(abs(limit / cut - 1) <= SAME_COMPUTE for cut in cuts):
            continue
        try:
            require_enough(law, table.rows(below).columns, least_values=2 if method.weak_prior else 3)
        except FitError:
            continue
        cuts.append(float(limit))
    return cuts[:CUTS]


def _predict_above(law: type[Law], known: Table, held_out: Table, method: Method) -> list[BackTestStep]:
    fitted, refits = estimate(
        law, known.columns, known.losses, method, lineage=known.lineage, n_starts=STARTS, n_draws=DRAWS
    )
    predicted = fitted.predict(held_out.columns)
    intervals = refits.intervals(held_out.columns)
    return [
        BackTestStep(
            inputs={name: float(column[i]) for name, column in held_out.columns.items()},
            n_fitted=len(known),
            compute_ratio=float(held_out.compute[i] / known.compute.max()),
            predicted=float(predicted[i]),
            interval=intervals[i],
            measured=float(held_out.losses[i]),
        )
        for i in range(len(held_out))
    ]


def _judged(law: type[Law], steps: Sequence[BackTestStep], n_points: int) -> BackTest:
    errors = np.array([np.log(step.predicted / step.measured) for step in steps])
    inside = np.array([step.measured in step.interval for step in steps])
    rmsle = float(np.sqrt(np.mean(errors**2))) if steps else None
    coverage = float(inside.mean()) if steps else None
    passed, verdict = _verdict(law, len(steps), rmsle, coverage, n_points)
    return BackTest(
        law=law.name,
        steps=tuple(steps),
        rmsle=rmsle,
        coverage=coverage,
        bias=float(errors.mean()) if steps else None,
        passed=passed,
        verdict=verdict,
    )


def _verdict(
    law: type[Law], n_steps: int, rmsle: float | None, coverage: float | None, n_points: int
) -> tuple[bool, str]:
    if rmsle is None or coverage is None or n_steps < LEAST_STEPS:
        return False, (
            f"{n_points} observations leave {n_steps} predictions to test {law.name} by, and "
            f"{LEAST_STEPS} are needed; add larger or longer runs"
        )
    record = (
        f"{law.name} predicted {n_steps} larger runs from smaller ones with an error of {rmsle:.1%} "
        f"(root mean square), {coverage:.0%} of them inside the 90% interval"
    )
    if rmsle > WORST_RMSLE:
        return False, f"{record}: too far off; the runs follow no such law yet"
    if coverage < LEAST_COVERAGE:
        return False, f"{record}: its intervals are too narrow, so the law misses something the runs do"
    return True, record


def rank(tests: Sequence[BackTest]) -> list[BackTest]:
    """Return the back-tests best first: by root mean squared log error on the points that all predicted.

    ``tests`` come in order of preference, and a handful of held-out runs cannot tell laws apart that
    err nearly alike: a later law has to beat an earlier one by HANDICAP.  Untested laws come last.
    """
    points = [{_point(step) for step in test.steps} for test in tests if test.steps]
    common = set.intersection(*points) if points else set()

    def error(place: int) -> float:
        steps = tests[place].steps
        shared = [step for step in steps if _point(step) in common] or steps
        if not shared:
            return float("inf")
        squares = [np.log(step.predicted / step.measured) ** 2 for step in shared]
        return float(np.sqrt(np.mean(squares))) * (1 + HANDICAP) ** place

    return [tests[place] for place in sorted(range(len(tests)), key=error)]


def _point(step: BackTestStep) -> tuple[float, ...]:
    return (*step.inputs.values(), step.measured, step.n_fitted)
