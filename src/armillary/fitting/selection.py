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
STARTS = 256
DRAWS = 300
LEAST_STEPS = 3  # held-out predictions without which a back-test says nothing
WORST_RMSLE = 0.05  # predictions that miss by more are of no use, whatever their intervals say
SMALL_RMSLE = 0.01  # and those that miss by less are of use
WORST_WIDEN = 3.0  # errors this many times what the intervals allow are no bad luck but a wrong law
SAME_COMPUTE = 0.01  # relative difference below which two runs count as one amount of compute
DOUBT = 3.0  # of a comparison of laws by few points, in units of 1 / sqrt(points)
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
        return float(np.log(self.measured / self.predicted) / self.log_sd)

    @property
    def log_sd(self) -> float:
        """Standard deviation of the prediction's logarithm, as the interval says it."""
        return max(float(np.log(self.interval.high / self.interval.low)) / (2 * NORMAL_90), 1e-12)


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
        return _widen(self.steps)

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
        below = table.compute <= limit
        steps += _predict_above(law, table.rows(below), table.rows(~below), method)
    return judged(law.name, steps, len(table))


def _cuts(law: type[Law], table: Table, method: Method) -> list[float]:
    """Return amounts of compute up to which the law can be fitted and above which runs are left.

    All of them when they are few; of many, those nearest to the largest compute over 2, 4, 8, ...
    """
    limits = _distinct_compute(table)[:-1]
    possible = [limit for limit in limits if _fittable(law, table, method, limit)]
    if len(possible) <= CUTS:
        return possible
    wanted = table.compute.max() / 2.0 ** np.arange(1, CUTS + 1)
    nearest = [min(possible, key=lambda limit: abs(np.log(limit / target))) for target in wanted]
    return sorted(set(nearest))


def _distinct_compute(table: Table) -> list[float]:
    """Return the amounts of compute that differ, in order; each the largest of those that count as one."""
    ordered = np.sort(table.compute)
    last = np.append(ordered[1:] > ordered[:-1] * (1 + SAME_COMPUTE), True)
    return [float(value) for value in ordered[last]]


def _fittable(law: type[Law], table: Table, method: Method, limit: float) -> bool:
    try:
        require_enough(law, table.rows(table.compute <= limit).columns, 2 if method.weak_prior else 3)
    except FitError:
        return False
    return True


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


def _widen(steps: Sequence[BackTestStep]) -> float:
    squares = [step.surprise**2 for step in steps]
    return max(1.0, float(np.sqrt(np.mean(squares)))) if squares else 1.0


def judged(law: str, steps: Sequence[BackTestStep], n_points: int) -> BackTest:
    """Return the record that ``steps`` make, with its verdict."""
    errors = np.array([np.log(step.predicted / step.measured) for step in steps])
    tested = len(steps) > 0
    rmsle = float(np.sqrt(np.mean(errors**2))) if tested else None
    coverage = sum(step.measured in step.interval for step in steps) / len(steps) if tested else None
    passed, verdict = _verdict(law, steps, rmsle, coverage, n_points)
    return BackTest(
        law=law,
        steps=tuple(steps),
        rmsle=rmsle,
        coverage=coverage,
        bias=float(errors.mean()) if tested else None,
        passed=passed,
        verdict=verdict,
    )


def _verdict(
    law: str,
    steps: Sequence[BackTestStep],
    rmsle: float | None,
    coverage: float | None,
    n_points: int,
) -> tuple[bool, str]:
    if rmsle is None or len(steps) < LEAST_STEPS:
        return False, (
            f"{n_points} observations allow {len(steps)} of the {LEAST_STEPS} predictions that {law} "
            "has to be tested by; add larger or longer runs"
        )
    record = (
        f"{law} predicted {len(steps)} larger runs from smaller ones with an error of {rmsle:.1%} "
        f"(root mean square), {coverage:.0%} of them inside the 90% interval"
    )
    if rmsle > WORST_RMSLE:
        return False, f"{record}: too far off, the runs follow no such law yet"
    if rmsle > SMALL_RMSLE and _widen(steps) > WORST_WIDEN:
        return False, f"{record}: errors that its intervals did not foresee, so the law misses something"
    return True, record


def rank(tests: Sequence[BackTest]) -> list[BackTest]:
    """Return the back-tests best first: by root mean squared log error on the points that all predicted.

    ``tests`` come in order of preference.  A few held-out runs, which share the runs they are predicted
    from, cannot tell laws apart that err nearly alike: a later law must beat an earlier one by a factor
    of 1 + DOUBT / sqrt(points).  Untested laws come last.
    """
    points = [{point(step) for step in test.steps} for test in tests if test.steps]
    common = set.intersection(*points) if points else set()
    margin = 1 + DOUBT / np.sqrt(max(len(common), 1))

    def error(place: int) -> float:
        steps = tests[place].steps
        shared = [step for step in steps if point(step) in common] or steps
        if not shared:
            return float("inf")
        squares = [np.log(step.predicted / step.measured) ** 2 for step in shared]
        return float(np.sqrt(np.mean(squares)) * margin**place)

    return [tests[place] for place in sorted(range(len(tests)), key=error)]


def point(step: BackTestStep) -> tuple[float, ...]:
    """Return what identifies a step: the run that it predicts, and from how many smaller ones."""
    return (*step.inputs.values(), step.measured, step.n_fitted)
