"""One law fitted to many weightings of a curve at once: its rolling back-tests and redrawn data."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from armillary.fitting.law import Law
from armillary.fitting.objective import LeastSquares
from armillary.fitting.prior import Prior
from armillary.fitting.solver import Problem, minimise, problem
from armillary.fitting.starts import even_starts

STARTS = 384  # drawn for a law, screened for each weighting
FOLLOWED = 4  # of the screened starts of each weighting, refined to their minimum
OBJECTIVE = LeastSquares()
LEAST_WEIGHT = 1e-2  # of a point whose noise is redrawn
FAR = 1e3  # squared residual that stands for a law that is not finite

# Neighbouring points of a curve come from one run and stray together, so that a hundred points in a
# doubling of x do not tell a law a hundred times as well as one: two to a doubling count in full.
POINTS_PER_DOUBLING = 2.0
# Powers of x by which a point's weight grows towards the end, by the law's number of parameters.  A law of
# few parameters cannot follow the bends before the end; it is asked to be right where it will be used.
RECENCY = {2: 2.0, 5: 1.0}


@dataclass(frozen=True, eq=False)
class Refits:
    """A law's best parameters for each weighting of the points of a curve."""

    task: Problem  # one row per weighting
    theta: Float[np.ndarray, "rows params"]  # transformed, in the units of ``task``
    noise: float
    spread: Float[np.ndarray, " params"]  # of the law's weak prior; infinite where it has none

    def heights(self, x: Float[np.ndarray, " points"]) -> Float[np.ndarray, "rows points"]:
        """Return ln y of each fit at ``x``."""
        with np.errstate(all="ignore"):
            values = self.task.law.from_theta(self.theta)(x / self.task.units[0])
            heights: np.ndarray = np.log(values)
        return heights

    def law(self, row: int) -> Law:
        """Return one of the fits as a law of x as it was given."""
        return self.task.restored(self.theta[row])

    def redrawn(self, row: int, n_draws: int, rng: np.random.Generator) -> Law:
        """Return a batch of laws: this fit again after its data and its prior were moved by their own noise.

        The optimum of such a draw is a sample of the posterior when the law is nearly linear (randomised
        maximum a posteriori, Bardsley et al. 2014).
        """
        task, n_params = self.task.rows(np.array([row])), self.theta.shape[1]
        sd = self.noise / np.sqrt(np.maximum(task.weights, LEAST_WEIGHT))
        vague = np.where(np.isfinite(self.spread), self.spread, 0.0)
        drawn = replace(
            task,
            targets=task.targets + sd * rng.standard_normal((n_draws, task.targets.shape[1])),
            centre=task.centre + vague * rng.standard_normal((n_draws, n_params)),
        )
        found = minimise(drawn, np.repeat(self.theta[[row]], n_draws, axis=0), OBJECTIVE)
        kept = np.where(np.isfinite(found.values)[:, None], found.theta, self.theta[[row]])
        return self.task.restored(kept)


def fit_weightings(
    law: type[Law],
    x: Float[np.ndarray, " points"],
    heights: Float[np.ndarray, " points"],
    known: Bool[np.ndarray, "rows points"],
    noise: float,
) -> Refits:
    """Fit ``law`` to those points of a curve that each row of the mask ``known`` shows.

    Least squares on ln y with the law's weak prior, weighed by ``noise``, the standard deviation of ln y.
    """
    weights = np.stack([_weights(x, mask, recency(law)) for mask in known])
    priors = [Prior.weak(law, np.exp(heights[mask])) for mask in known]
    centres = np.stack([prior.centre for prior in priors])
    targets = np.repeat(heights[None], len(known), axis=0)
    task = problem(law, (x,), targets, weights, centres, priors[0].pull(noise))
    followed = np.repeat(np.arange(len(known)), FOLLOWED)
    found = minimise(task.rows(followed), _screened(task), OBJECTIVE)
    values = np.where(np.isfinite(found.values), found.values, np.inf).reshape(-1, FOLLOWED)
    best = values.argmin(axis=1) + FOLLOWED * np.arange(len(known))
    return Refits(task, found.theta[best], noise, priors[0].spread)


def recency(law: type[Law]) -> float:
    """Return the power of x by which ``law`` weighs later points more."""
    n_params = len(law.domains())
    return next((power for most, power in RECENCY.items() if n_params <= most), 0.0)


def _weights(x: np.ndarray, known: np.ndarray, power: float) -> np.ndarray:
    octaves = np.log2(x[known])
    between = np.gradient(octaves) if len(octaves) > 1 else np.ones(1)
    weights = np.zeros(len(x))
    weights[known] = np.minimum(1.0, POINTS_PER_DOUBLING * between) * 2.0 ** (power * (octaves - octaves[-1]))
    return weights


def _screened(task: Problem) -> np.ndarray:
    """Return the starts that suit each weighting of the one curve best, row by row."""
    starts = even_starts(task, STARTS)
    with np.errstate(all="ignore"):
        squares = (task.targets[:1] - np.log(task.law.from_theta(starts)(*task.inputs))) ** 2
    values = task.weights @ np.where(np.isfinite(squares), squares, FAR).T
    order = np.argsort(values, axis=1, kind="stable")[:, :FOLLOWED]
    screened: np.ndarray = starts[order.ravel()]
    return screened
