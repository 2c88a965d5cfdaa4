"""A curve: what was measured along one quantity, and what is held back to check a prediction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from armillary.scaling.observations import Dropped

LEAST_NOISE = 1e-3  # of ln y: rounding and evaluation on finite data leave at least this
UNKNOWN_NOISE = 0.01  # of ln y, where too few points tell it
LEAST_TRIPLES = 3  # of neighbouring points, from which noise is estimated
MEDIAN_TO_SD = 1.4826  # median absolute deviation of a normal distribution to its standard deviation


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """Values y > 0 at rising x > 0; y is a loss, an error rate or an accuracy."""

    name: str  # of the curve; empty when the table holds only one
    x: Float[np.ndarray, " points"]
    y: Float[np.ndarray, " points"]
    held_out_x: Float[np.ndarray, " held_out"]
    held_out_y: Float[np.ndarray, " held_out"]
    dropped: tuple[Dropped, ...] = ()  # rows that were not used as they are, and why

    def __len__(self) -> int:
        return len(self.x)

    @property
    def rising(self) -> bool:
        """Whether y grows with x: the mean of ln y over the last third lies above that over the first."""
        third = max(1, len(self) // 3)
        log_y = np.log(self.y)
        return bool(log_y[-third:].mean() > log_y[:third].mean())

    @property
    def heights(self) -> Float[np.ndarray, " points"]:
        """ln y of a falling curve, -ln y of a rising one: what laws, which fall, are fitted to.

        The reciprocal of an accuracy that approaches its ceiling as a power law is a power law above a
        floor, and an error in ln(1 / y) is the same error in ln y.
        """
        heights: np.ndarray = -np.log(self.y) if self.rising else np.log(self.y)
        return heights

    @property
    def noise(self) -> float:
        """The standard deviation of ln y about a smooth curve.

        Taken from how far a point lies from the chord of its neighbours, by the median, so that a few
        jumps do not count.  What a chord misses by curvature is counted as noise: a law is not asked to
        be nearer to the points than they are to each other.
        """
        if len(self) < LEAST_TRIPLES + 2:
            return UNKNOWN_NOISE
        log_x, log_y = np.log(self.x), np.log(self.y)
        share = (log_x[2:] - log_x[1:-1]) / (log_x[2:] - log_x[:-2])
        off = log_y[1:-1] - share * log_y[:-2] - (1 - share) * log_y[2:]
        scaled = np.abs(off) / np.sqrt(1 + share**2 + (1 - share) ** 2)
        return max(float(MEDIAN_TO_SD * np.median(scaled)), LEAST_NOISE)
