"""Rolling back-tests inside a curve: its end is predicted from its beginning, from several places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from armillary.core.errors import FitError
from armillary.scaling.curves.curve import Curve

LEAST_KNOWN = 4  # points from which a law is back-tested, and from which a curve is fitted at all
HORIZON = 2.0  # a back-test predicts up to this multiple of the last x it knows
CUTS_PER_DOUBLING = 2.0
MOST_CUTS = 8
FADING = 0.8  # weight of a cut relative to the next later one: what a curve did last, it does next
WORST = 0.5  # |error| of ln y beyond which one is as bad as another


@dataclass(frozen=True, eq=False)
class Cuts:
    """Places at which a curve is cut into what is known and what is predicted, the latest first."""

    known: Bool[np.ndarray, "cuts points"]  # masks
    asked: Bool[np.ndarray, "cuts points"]

    def __len__(self) -> int:
        return len(self.known)

    @property
    def weights(self) -> Float[np.ndarray, " cuts"]:
        """What the error at each cut counts."""
        weights: np.ndarray = FADING ** np.arange(len(self))
        return weights

    def mean(self, values: Float[np.ndarray, "*laws cuts points"]) -> Float[np.ndarray, "*laws cuts"]:
        """Return the mean of ``values`` over the points that each cut has to predict."""
        means: np.ndarray = (values * self.asked).sum(axis=-1) / self.asked.sum(axis=-1)
        return means


def cuts(curve: Curve) -> Cuts:
    """Return the cuts of ``curve``: half a doubling of x apart, or as far as its points are.

    FitError when the curve has fewer than LEAST_KNOWN points.
    """
    n_points = len(curve)
    if n_points < LEAST_KNOWN:
        raise FitError(
            f"the curve has {n_points} points and an extrapolation needs at least {LEAST_KNOWN}; "
            f"add {LEAST_KNOWN - n_points}, or fit several curves' points as one"
        )
    octaves = np.log2(curve.x / curve.x[-1])
    steps = np.arange(1, int(-octaves[0] * CUTS_PER_DOUBLING) + 2)
    counts = np.searchsorted(octaves, -steps / CUTS_PER_DOUBLING + 1e-6, side="right")
    chosen = [n for n in dict.fromkeys(counts.tolist()) if LEAST_KNOWN <= n < n_points][:MOST_CUTS]
    number = np.arange(n_points)
    known = np.array([number < n for n in chosen], dtype=bool).reshape(-1, n_points)
    asked = np.array([_asked(octaves, n) for n in chosen], dtype=bool).reshape(-1, n_points)
    return Cuts(known, asked)


def _asked(octaves: np.ndarray, n_known: int) -> np.ndarray:
    """Return the points that a cut after ``n_known`` has to predict: the next, and all within the horizon."""
    near: np.ndarray = octaves <= octaves[n_known - 1] + np.log2(HORIZON) + 1e-6
    near[n_known] = True
    near[:n_known] = False
    return near
