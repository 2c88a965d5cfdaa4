"""A damped Newton solver for many fits of one law at once, in float64.

Every row of a batch is a fit of its own: a start of a multi-start search, or a resample of a
bootstrap.  The Huber function's second derivative is 1 inside its threshold and 0 outside, so the
Gauss-Newton matrix J' diag(inside) J gives steps that end in quadratic convergence (a semi-smooth
Newton method); Levenberg-Marquardt damping, scaled by the curvature of the quadratic that bounds
Huber's function from above, makes every accepted step a descent.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from armillary.fitting.law import Law, log_loss_and_jacobian
from armillary.fitting.objective import Objective, huber

MAX_STEPS = 200
LONGEST_STEP = 2.0  # of any transformed parameter: a factor of 7.4 on a logarithmic scale
TOLERANCE = 1e-14  # of the decrease that a step promises, relative to the objective
CHUNK = 300_000  # numbers in one chunk's Jacobian: small enough to stay in a core's cache
TINY = 1e-300


@dataclass(frozen=True)
class Problem:
    """What is fitted: a law, its inputs, and targets and weights that may differ from row to row.

    ``pull`` draws transformed parameters towards ``centre`` by pull/2 (theta - centre)^2.  Everything
    in ``theta`` here is of the law in ``units``; see ``in_units`` and ``restored``.
    """

    law: type[Law]
    units: tuple[float, ...]  # of the inputs: their geometric means for most laws
    inputs: tuple[Float[np.ndarray, " points"], ...]  # in these units
    targets: Float[np.ndarray, "#rows points"]  # ln of the measured losses; one row serves all
    weights: Float[np.ndarray, "#rows points"]
    centre: Float[np.ndarray, "#rows params"]
    pull: Float[np.ndarray, " params"]

    def rows(self, index: np.ndarray | slice) -> Problem:
        """Return the problem of some rows of the batch."""
        return replace(
            self,
            targets=_take(self.targets, index),
            weights=_take(self.weights, index),
            centre=_take(self.centre, index),
        )

    def in_units(self, law: Law) -> Float[np.ndarray, "*batch params"]:
        """Return the transformed parameters of a law that was made for inputs as they were given."""
        return law.in_units(*self.units).theta()

    def restored(self, theta: Float[np.ndarray, "*batch params"]) -> Law:
        """Return the law (or the batch of laws) for inputs as they were given."""
        law = self.law.from_theta(theta).in_units(*(1 / unit for unit in self.units))
        if theta.ndim > 1:
            return law
        return self.law(**{name: float(value) for name, value in law.to_dict().items()})


@dataclass(frozen=True)
class Solutions:
    """Where the rows of a batch ended."""

    theta: Float[np.ndarray, "batch params"]
    values: Float[np.ndarray, " batch"]  # of the objective
    gradient_norms: Float[np.ndarray, " batch"]  # of the objective's gradient over its value


def problem(
    law: type[Law],
    inputs: tuple[Float[np.ndarray, " points"], ...],
    targets: Float[np.ndarray, "*rows points"],
    weights: Float[np.ndarray, "*rows points"] | None = None,
    centre: Float[np.ndarray, "*rows params"] | None = None,
    pull: Float[np.ndarray, " params"] | None = None,
) -> Problem:
    """Return a problem with what is left out filled in: unit weights, no pull."""
    n_params = len(law.domains())
    units = law.units(*inputs)
    return Problem(
        law,
        units,
        tuple(column / unit for column, unit in zip(inputs, units, strict=True)),
        np.atleast_2d(targets),
        np.atleast_2d(np.ones(len(inputs[0])) if weights is None else weights),
        np.atleast_2d(np.zeros(n_params) if centre is None else centre),
        np.zeros(n_params) if pull is None else pull,
    )


def minimise(task: Problem, starts: Float[np.ndarray, "batch params"], objective: Objective) -> Solutions:
    """Refine every start to a minimum of ``objective``; chunks of the batch are spread over the cores."""
    size = max(1, CHUNK // (starts.shape[1] * len(task.inputs[0])))
    parts = [slice(i, i + size) for i in range(0, len(starts), size)]
    if len(parts) == 1:
        return _minimise(task, starts, objective)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        solved = list(pool.map(lambda part: _minimise(task.rows(part), starts[part], objective), parts))
    return Solutions(
        np.concatenate([s.theta for s in solved]),
        np.concatenate([s.values for s in solved]),
        np.concatenate([s.gradient_norms for s in solved]),
    )


def objective_values(
    task: Problem, theta: Float[np.ndarray, "batch params"], objective: Objective
) -> Float[np.ndarray, " batch"]:
    """Return the objective at each parameter set, infinite where the law is not finite."""
    with np.errstate(all="ignore"):
        residuals = task.targets - np.log(task.law.from_theta(theta)(*task.inputs))
        values = (task.weights * objective.of(residuals)).sum(1) + _pull_value(task, theta)
    return np.where(np.isfinite(values), values, np.inf)


def _minimise(task: Problem, starts: np.ndarray, objective: Objective) -> Solutions:
    theta = starts.copy()
    for threshold in objective.thresholds:
        _descend(task, theta, threshold)
    last = _State(task, theta, threshold)
    gradient, _, _ = last.newton_step()
    norms = np.linalg.norm(gradient, axis=1) / np.maximum(last.values, TINY)
    values = objective_values(task, theta, objective)
    return Solutions(theta, values, np.where(values > TINY, norms, 0.0))


def _descend(task: Problem, theta: np.ndarray, threshold: float) -> None:
    """Minimise one Huber objective for all rows, in place."""
    active = np.arange(len(theta))
    state = _State(task, theta, threshold)
    for _ in range(MAX_STEPS):
        _, step, promised = state.newton_step()
        accepted = state.try_step(step)
        theta[active] = state.theta
        done = (promised <= TOLERANCE * state.values) & (state.damping <= 1e-6)
        done |= ~accepted & (state.damping > 1e10)
        if done.any():
            active = active[~done]
            state.keep(~done)
        if not len(active):
            break


class _State:
    """The rows of a batch that still move."""

    def __init__(self, task: Problem, theta: np.ndarray, threshold: float) -> None:
        self.task, self.threshold = task, threshold
        self.theta = theta.copy()
        self.damping = np.full(len(theta), 1e-3)
        self.log_loss, self.jacobian = log_loss_and_jacobian(task.law, self.theta, task.inputs)
        self.values = self._values(self.theta, self.log_loss)

    def _values(self, theta: np.ndarray, log_loss: np.ndarray) -> np.ndarray:
        contributions = self.task.weights * huber(self.task.targets - log_loss, self.threshold)
        values: np.ndarray = contributions.sum(1) + _pull_value(self.task, theta)
        return values

    def newton_step(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (gradient, damped step, the decrease that it promises), one row each."""
        task, n_params = self.task, self.theta.shape[1]
        residual = task.targets - self.log_loss
        size = np.abs(residual)
        inside = size <= self.threshold
        force = task.weights * np.clip(residual, -self.threshold, self.threshold)
        drawn = task.pull * (self.theta - task.centre)
        downhill = (self.jacobian @ force[:, :, None])[:, :, 0] - drawn
        curvature = (self.jacobian * (task.weights * inside)[:, None]) @ self.jacobian.transpose(0, 2, 1)
        bound = task.weights * np.minimum(1.0, self.threshold / np.maximum(size, TINY))
        scale = np.einsum("bpn,bpn,bn->bp", self.jacobian, self.jacobian, bound) + task.pull + TINY
        diagonal = np.arange(n_params)
        curvature[:, diagonal, diagonal] += task.pull + self.damping[:, None] * scale
        step = np.linalg.solve(curvature, downhill[:, :, None])[:, :, 0]
        promised = (downhill * step).sum(1)
        step *= np.minimum(1.0, LONGEST_STEP / np.maximum(np.abs(step).max(1), TINY))[:, None]
        return -downhill, step, promised

    def try_step(self, step: np.ndarray) -> np.ndarray:
        """Take the steps that lower the objective, adapt the damping; return which were taken."""
        theta = self.theta + step
        with np.errstate(all="ignore"):
            log_loss, jacobian = log_loss_and_jacobian(self.task.law, theta, self.task.inputs)
            values = self._values(theta, log_loss)
        taken = values < self.values
        for kept, new in (
            (self.theta, theta),
            (self.values, values),
            (self.log_loss, log_loss),
            (self.jacobian, jacobian),
        ):
            kept[taken] = new[taken]
        self.damping = np.where(taken, np.maximum(0.2 * self.damping, 1e-12), 5.0 * self.damping)
        return taken

    def keep(self, rows: np.ndarray) -> None:
        """Go on with these rows only."""
        self.task = self.task.rows(rows)
        self.theta, self.values, self.damping = self.theta[rows], self.values[rows], self.damping[rows]
        self.log_loss, self.jacobian = self.log_loss[rows], self.jacobian[rows]


def _pull_value(task: Problem, theta: np.ndarray) -> np.ndarray:
    value: np.ndarray = 0.5 * (task.pull * (theta - task.centre) ** 2).sum(1)
    return value


def _take(array: np.ndarray, index: np.ndarray | slice) -> np.ndarray:
    """Return rows of an array whose single row, if it has only one, serves all."""
    return array if len(array) == 1 else array[index]
