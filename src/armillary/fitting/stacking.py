"""How far to believe each of several laws: weights by what they said of larger runs before they were seen.

Choosing one law throws away what the others know and hides that the choice may be wrong.  Forecasts that
err in different ways are better combined (Bates & Granger 1969, The Combination of Forecasts); the weights
here are those of stacked predictive distributions (Yao, Vehtari, Simpson & Gelman 2018, Using Stacking to
Average Bayesian Predictive Distributions, equation 4): the mixture under which the held-out losses were
the most likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

import numpy as np
from jaxtyping import Float
from scipy.special import fdtri, ndtr

from armillary.fitting.selection import (
    LEAST_STEPS,
    BackTest,
    BackTestStep,
    judged,
    point,
    rank,
)
from armillary.fitting.uncertainty import Interval

PRIOR_RUNS = 1.0  # held-out runs that every law is taken to have predicted alone before any is counted
LEAST_RUNS = 2  # held out, without which the laws cannot be told apart at all
SURE = 0.975  # of an F test that one law errs more than another
POOR = 9.0  # times the best mean squared error; a law less poor than that may still correct the best one
TOLERANCE = 1e-6  # of the weights: expectation maximisation climbs a concave likelihood until they rest
LEAST_WEIGHT = 0.01  # a law of less says nothing that a reader would notice, and is dropped
BISECTIONS = 60


def weights(tests: Sequence[BackTest]) -> tuple[float, ...]:
    """Return the weight of each law, summing to one; a law that failed its back-test has none.

    Nor has one whose mean squared error is POOR times the best's, and that by more than chance allows so
    few runs (an F test).  Among the others the weights start from equal ones (a Dirichlet prior worth one
    run for each law) and the evidence moves them.  A run that was predicted several times, from more and
    more of the smaller ones, is one run's evidence.  Where no law passed, the one that erred least takes
    all: something has to be shown, and its verdict says not to believe it.
    """
    able = [test for test in tests if test.passed]
    shared = _shared_steps(able) if able else []
    if len(able) < 2 or len(shared) < LEAST_STEPS or _evidence(shared).sum() < LEAST_RUNS:
        best = rank(able or tests)[0]
        return tuple(float(test is best) for test in tests)
    kept = _undecided(shared)
    stacked = _stacked([tuple(compress(steps, kept)) for steps in shared])
    found = dict(zip((test.law for test in compress(able, kept)), stacked.tolist(), strict=True))
    return tuple(found.get(test.law, 0.0) for test in tests)


def blended(tests: Sequence[BackTest], shares: Sequence[float], n_points: int) -> BackTest:
    """Return the record of the blend itself: every held-out run predicted with weights that never saw it.

    The weights of a step are made anew without the steps that predict the same run.
    """
    used = [test for test, share in zip(tests, shares, strict=True) if share > 0]
    if len(used) == 1:
        return used[0]
    shared = _shared_steps(used)
    runs = np.array([_run_number(shared, steps[0]) for steps in shared])
    steps = []
    for run, predictions in zip(runs, shared, strict=True):
        others = [step for step, other in zip(shared, runs, strict=True) if other != run]
        steps.append(_mixed(predictions, _stacked(others)))
    name = " + ".join(test.law for test in used)
    return judged(name, steps, n_points)


def _shared_steps(tests: Sequence[BackTest]) -> list[tuple[BackTestStep, ...]]:
    """Return the steps that all laws made: the same run, predicted from the same smaller ones."""
    by_point = [{point(step): step for step in test.steps} for test in tests]
    return [
        tuple(steps[key] for steps in by_point)
        for key in by_point[0]
        if all(key in steps for steps in by_point)
    ]


def _run_number(shared: Sequence[tuple[BackTestStep, ...]], step: BackTestStep) -> int:
    """Return the place of the first step that predicts the same run."""
    run = point(step)[:-1]
    return next(i for i, steps in enumerate(shared) if point(steps[0])[:-1] == run)


def _evidence(shared: Sequence[tuple[BackTestStep, ...]]) -> Float[np.ndarray, " steps"]:
    runs = np.array([_run_number(shared, steps[0]) for steps in shared])
    return 1.0 / np.array([(runs == run).sum() for run in runs])


def _log_densities(shared: Sequence[tuple[BackTestStep, ...]]) -> Float[np.ndarray, "steps laws"]:
    """Return the log density, at the log loss that was measured, of each law's prediction of it.

    Standard deviations are stretched by what each law's errors show, as they are where it predicts: a law
    is judged by how near it came, not by how sure it was.
    """
    surprise = np.array([[step.surprise for step in predictions] for predictions in shared])
    sd = np.array([[step.log_sd for step in predictions] for predictions in shared])
    stretch = np.maximum(1.0, np.sqrt((surprise**2).mean(0)))
    densities: np.ndarray = -0.5 * (surprise / stretch) ** 2 - np.log(sd * stretch)
    return densities


def _undecided(shared: Sequence[tuple[BackTestStep, ...]]) -> list[bool]:
    """Return which laws' errors are not surely larger than those of the best."""
    evidence = _evidence(shared)
    errors = np.log([[step.predicted / step.measured for step in steps] for steps in shared])
    squares = evidence @ errors**2
    n_runs = float(evidence.sum())
    kept: list[bool] = (squares <= squares.min() * max(fdtri(n_runs, n_runs, SURE), POOR)).tolist()
    return kept


def _stacked(shared: Sequence[tuple[BackTestStep, ...]]) -> Float[np.ndarray, " laws"]:
    """Return the most probable mixture weights, by expectation maximisation."""
    log_densities, evidence = _log_densities(shared), _evidence(shared)
    densities = np.exp(log_densities - log_densities.max(1, keepdims=True))
    n_laws = len(shared[0])
    found, last = np.full(n_laws, 1.0 / n_laws), np.zeros(n_laws)
    while np.abs(found - last).max() > TOLERANCE:
        joint, last = densities * found, found
        shares = joint / joint.sum(1, keepdims=True)
        found = (evidence @ shares + PRIOR_RUNS) / (evidence.sum() + n_laws * PRIOR_RUNS)
    found = np.where(found < LEAST_WEIGHT, 0.0, found)
    normalised: np.ndarray = found / found.sum()
    return normalised


def _mixed(predictions: Sequence[BackTestStep], shares: Float[np.ndarray, " laws"]) -> BackTestStep:
    """Return what the blend says: the weighted mean of log predictions, and the mixture's interval."""
    centres = np.log([step.predicted for step in predictions])
    sds = np.array([step.log_sd for step in predictions])
    level = predictions[0].interval.level
    low, high = (_quantile(p, centres, sds, shares) for p in ((1 - level) / 2, (1 + level) / 2))
    return replace(
        predictions[0],
        predicted=float(np.exp(shares @ centres)),
        interval=Interval(low=float(np.exp(low)), high=float(np.exp(high)), level=level),
    )


def _quantile(p: float, centres: np.ndarray, sds: np.ndarray, shares: np.ndarray) -> float:
    """Return a quantile of a mixture of normal distributions, by bisection."""
    low, high = float((centres - 9 * sds).min()), float((centres + 9 * sds).max())
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        below = float(shares @ ndtr((middle - centres) / sds)) < p
        low, high = (middle, high) if below else (low, middle)
    return (low + high) / 2
