"""Intervals of parameters from the profile of the objective: how much worse the best fit becomes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

from armillary.core.errors import FitError
from armillary.fitting.fit import Fit
from armillary.fitting.law import columns_of, log_loss_and_jacobian
from armillary.fitting.solver import Problem, minimise, objective_values
from armillary.fitting.uncertainty import LEVEL, Interval

GRID = 49  # values of a parameter at which the others are fitted
FARTHEST = 60.0  # of them, in standard errors: an interval that ends beyond is open
STIFF = 100.0  # curvature that holds a parameter near its value, over that of the profile


def profile_intervals(fit: Fit, level: float = LEVEL) -> dict[str, Interval]:
    """Return the interval of each parameter by name: where the profile has not risen too far.

    The objective Q is a log likelihood for normal errors alone, so 2 (Q_profile - Q_min) is scaled to have
    the distribution that a likelihood ratio would have: by H^-1_jj / (H^-1 V H^-1)_jj, where H is the
    curvature that Q is expected to have and V the variance of its gradient (Kent 1982, Robust properties
    of likelihood ratio tests, Biometrika 69).  V = sum of psi^2 J J' n/(n - p), whatever the noise of each
    run; with a prior, whose few runs cannot tell their own variances, it is that of the noise, shared
    within lineages.  The quantile is Student's, with the noise's degrees of freedom.  An end that the data
    do not determine is 0 or infinity.

    Raises FitError when the objective has too little curvature, as least absolute deviation has.
    """
    task = _in_original_units(fit)
    best = fit.law.theta()
    inverse, scale = _calibration(fit, task)
    limit = float(stdtrit(fit.noise.degrees_of_freedom, (1 + level) / 2))
    intervals = {}
    for j, domain in enumerate(fit.law.domains()):
        at, rise = _profile(fit, task, best, inverse, j)
        root = np.sign(at - best[j]) * np.sqrt(2 * np.maximum(rise, 0.0) * scale[j])
        low, high = _crossing(at, root, -limit), _crossing(at, root, limit)
        ends = np.exp([low, high]) if domain.scale == "log" else np.array([low, high])
        intervals[domain.name] = Interval(low=float(ends[0]), high=float(ends[1]), level=level)
    return intervals


def _in_original_units(fit: Fit) -> Problem:
    """Return the problem with inputs as they were given: its parameters are those that are reported."""
    task = fit.problem()
    return replace(task, units=(1.0,) * len(task.units), inputs=columns_of(type(fit.law), fit.inputs))


def _calibration(fit: Fit, task: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return the inverse curvature of the objective, and by what each profile has to be multiplied."""
    _, [jacobian] = log_loss_and_jacobian(type(fit.law), fit.law.theta()[None], task.inputs)
    n_params, n_points = jacobian.shape
    threshold = fit.objective.thresholds[-1]
    if fit.prior is not None:
        noise = jacobian @ fit.noise.correlation @ jacobian.T + np.diag(task.pull)
        variance = fit.noise.sd**2 * noise
    else:
        force = np.clip(fit.residuals, -threshold, threshold)
        variance = (jacobian * force**2) @ jacobian.T * n_points / (n_points - n_params)
    inside, share = _expected_curvature(fit.residuals, threshold)
    if share * inside.sum() <= 1e-3 * n_params:
        raise FitError(
            f"a profile needs an objective with curvature, and {fit.objective.description} has hardly any; "
            "use --objective huber, or other --intervals"
        )
    inverse = np.linalg.inv(share * (jacobian * inside) @ jacobian.T + np.diag(task.pull))
    return inverse, np.diag(inverse) / np.diag(inverse @ variance @ inverse)


def _expected_curvature(residuals: np.ndarray, threshold: float) -> tuple[np.ndarray, float]:
    """Return which residuals count for the curvature, and for how much each.

    A second derivative that is one inside a narrow threshold and else nothing is estimated from a wider
    window: the same density of residuals, of more of them (Powell 1991; Koenker 2005, Quantile Regression,
    section 3.4.2).  Its width is Silverman's for a rectangular kernel, on the median absolute deviation.
    """
    size = np.abs(residuals)
    window = max(threshold, 1.84 * 1.4826 * float(np.median(size)) * len(size) ** -0.2)
    share = 1.0 if threshold >= window else threshold / window
    return size <= window, share


def _profile(
    fit: Fit, task: Problem, best: np.ndarray, inverse: np.ndarray, j: int
) -> tuple[Float[np.ndarray, " grid"], Float[np.ndarray, " grid"]]:
    """Return values of parameter ``j`` and how far the objective rises when the others follow.

    The parameter is held by a stiff pull towards each value of a grid.  Where it comes to rest the others
    are at their best for it, whatever the pull's strength.
    """
    error = np.sqrt(inverse[j, j]) * np.sqrt(2 * fit.certificate.value / len(fit.losses))
    away = error * np.sinh(np.linspace(-1, 1, GRID) * np.arcsinh(FARTHEST))
    pull, centre = task.pull.copy(), np.repeat(task.centre, GRID, axis=0)
    stiff = STIFF / inverse[j, j]
    centre[:, j] = (pull[j] * centre[:, j] + stiff * (best[j] + away)) / (pull[j] + stiff)
    pull[j] += stiff
    held = replace(task, pull=pull, centre=centre)
    starts = best + np.outer(away, inverse[:, j] / inverse[j, j]).clip(-1, 1)
    found = minimise(held, starts, fit.objective).theta
    for neighbour in (1, -1):  # a row that lost its way follows the one beside it
        other = minimise(held, np.roll(found, neighbour, axis=0), fit.objective).theta
        better = objective_values(held, other, fit.objective) < objective_values(held, found, fit.objective)
        found = np.where(better[:, None], other, found)
    order = np.argsort(found[:, j])
    values = objective_values(task, found[order], fit.objective)
    return found[order, j], values - objective_values(task, best[None], fit.objective)


def _crossing(at: np.ndarray, root: np.ndarray, limit: float) -> float:
    """Return where the signed root of the profile first passes ``limit``, going out from the optimum."""
    if limit < 0:
        return -_crossing(-at[::-1], -root[::-1], -limit)
    beyond = np.flatnonzero(root >= limit)
    if not len(beyond):
        return float("inf")
    i = beyond[0]
    share = (limit - root[i - 1]) / (root[i] - root[i - 1])
    return float(at[i - 1] + share * (at[i] - at[i - 1]))
