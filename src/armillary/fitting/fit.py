"""Fit a law to losses, and say how sure it is that the optimum was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from armillary.core.errors import FitError
from armillary.fitting.law import Law, columns_of, log_loss_and_jacobian
from armillary.fitting.noise import Noise, estimate_noise
from armillary.fitting.objective import Huber, LeastSquares, Objective
from armillary.fitting.prior import Prior
from armillary.fitting.solver import Problem, Solutions, minimise, problem
from armillary.fitting.starts import N_STARTS, screened_starts

SAME = 1e-6  # relative difference up to which two values of the objective are the same optimum
FIRST_NOISE = 0.005  # standard deviation of a log loss that weighs the prior until it is estimated
ROUNDS = 12  # of estimating the noise and weighing the prior by it
FEW = 4  # starts while the noise settles


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The evidence that a fit is the optimum and not a place where the solver stopped."""

    value: float  # of the objective, summed over observations
    n_starts: int  # screened starts that were refined
    share_at_optimum: float  # of those, how many reached this value within 1e-6 of it
    gradient_norm: float  # Euclidean, over transformed parameters, relative to the value


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """A law at its optimum for some observations."""

    law: Law
    inputs: Mapping[str, Float[np.ndarray, " points"]]
    losses: Float[np.ndarray, " points"]
    objective: Objective
    prior: Prior | None
    noise: Noise
    certificate: Certificate

    @property
    def residuals(self) -> Float[np.ndarray, " points"]:
        """ln(measured / law), one per observation."""
        residuals: np.ndarray = np.log(self.losses / self.predict(self.inputs))
        return residuals

    def predict(self, inputs: Mapping[str, Any]) -> Float[np.ndarray, " points"]:
        """Return the law's loss at ``inputs``."""
        return np.asarray(self.law(*columns_of(type(self.law), inputs)))

    def problem(self) -> Problem:
        """Return what was solved, for refits to resampled losses."""
        return _problem(type(self.law), self.inputs, self.losses, self.prior, self.noise.sd)


def fit(
    law: type[Law],
    inputs: Mapping[str, Any],
    losses: Any,
    objective: Objective = Huber(),  # noqa: B008 (frozen)
    *,
    prior: Prior | None = None,
    lineage: Sequence[str] = (),
    n_starts: int = N_STARTS,
) -> Fit:
    """Fit ``law`` to ``losses`` at ``inputs`` (by name), from many screened starts.

    ``prior`` goes with least squares only, whose sum is a log likelihood.  ``lineage`` names, for each
    observation, the stable phase that it shares with others (none: all runs are independent).  Raises
    FitError when the observations cannot determine the law's parameters: no more of them than
    parameters, or an input that takes too few values.
    """
    if prior is not None and not isinstance(objective, LeastSquares):
        raise FitError(f"a prior goes with least squares, not with {objective.label}; leave one of them out")
    inputs = dict(zip(law.inputs, columns_of(law, inputs), strict=True))
    losses = np.asarray(losses, dtype=np.float64)
    require_enough(law, inputs, least_values=2 if prior else 3)
    lineage = lineage or [""] * len(losses)
    task = _problem(law, inputs, losses, prior, FIRST_NOISE)
    if prior is not None:
        task = _problem(law, inputs, losses, prior, _settled_noise(task, objective, prior, lineage, n_starts))
    found = minimise(task, screened_starts(task, objective, n_starts), objective)
    return Fit(
        law=task.restored(found.theta[np.argmin(found.values)]),
        inputs=inputs,
        losses=losses,
        objective=objective,
        prior=prior,
        noise=_noise(task, found, lineage),
        certificate=_certificate(found, len(losses)),
    )


def require_enough(law: type[Law], inputs: Mapping[str, np.ndarray], least_values: int) -> None:
    """Raise FitError, saying what is missing, when ``inputs`` cannot determine the parameters of ``law``."""
    n_points, n_params = len(inputs[law.inputs[0]]), len(law.domains())
    if n_points <= n_params:
        are, s = ("is", "") if n_points == 1 else ("are", "s")
        raise FitError(
            f"the law {law.name} has {n_params} parameters and there {are} {n_points} observation{s}; "
            f"it needs at least {n_params + 1}, so add {n_params + 1 - n_points} runs"
        )
    for name in law.inputs:
        if (n_values := distinct(inputs[name])) < least_values:
            raise FitError(
                f"the law {law.name} needs at least {least_values} values of {name}, and the observations "
                f"have {n_values}; add runs that differ in it, or fit a law without it"
            )


def distinct(column: Float[np.ndarray, " points"]) -> int:
    """Return how many values differ by more than one percent."""
    return 1 + int((np.diff(np.log(np.sort(column))) > 0.01).sum())


def _problem(
    law: type[Law], inputs: Mapping[str, np.ndarray], losses: np.ndarray, prior: Prior | None, noise: float
) -> Problem:
    columns, targets = columns_of(law, inputs), np.log(losses)
    if prior is None:
        return problem(law, columns, targets)
    return problem(law, columns, targets, centre=prior.centre, pull=prior.pull(noise))


def _settled_noise(
    task: Problem, objective: Objective, prior: Prior, lineage: Sequence[str], n_starts: int
) -> float:
    """Return the noise that weighs the prior so that the residuals of the fit are of that noise."""
    starts = screened_starts(task, objective, n_starts)[:FEW]
    noise = FIRST_NOISE
    for _ in range(ROUNDS):
        found = minimise(replace(task, pull=prior.pull(noise)), starts, objective)
        starts = found.theta[[np.argmin(found.values)]]
        last, noise = noise, _noise(replace(task, pull=prior.pull(noise)), found, lineage).sd
        if abs(noise - last) <= 1e-3 * last:
            break
    return noise


def _noise(task: Problem, found: Solutions, lineage: Sequence[str]) -> Noise:
    theta = found.theta[[np.argmin(found.values)]]
    log_loss, jacobian = log_loss_and_jacobian(task.law, theta, task.inputs)
    return estimate_noise((task.targets - log_loss)[0], jacobian[0], task.pull, lineage)


def _certificate(found: Solutions, n_points: int) -> Certificate:
    best = int(np.argmin(found.values))
    value = float(found.values[best])
    # A perfect fit ends at rounding errors, which are all the same optimum.
    reached = found.values <= value * (1 + SAME) + 1e-25 * n_points
    return Certificate(
        value=value,
        n_starts=len(found.values),
        share_at_optimum=float(reached.mean()),
        gradient_norm=float(found.gradient_norms[best]),
    )
