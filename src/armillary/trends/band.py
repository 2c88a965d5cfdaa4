"""What draws say of a quantity, year by year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float

from armillary.trends.forecast import LARGEST

QUANTILES = (0.5, 0.25, 0.75, 0.05, 0.95)


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """A median with its 50% and 90% intervals at each year, in the quantity's unit."""

    median: Float[np.ndarray, " years"]  # at each year
    low_50: Float[np.ndarray, " years"]  # lower end of the 50% interval
    high_50: Float[np.ndarray, " years"]  # upper end of the 50% interval
    low_90: Float[np.ndarray, " years"]  # lower end of the 90% interval
    high_90: Float[np.ndarray, " years"]  # upper end of the 90% interval

    @classmethod
    def of(cls, draws: Float[np.ndarray, "draws years"]) -> Self:
        """Return the band of draws of the decimal logarithm."""
        orders = np.clip(np.quantile(draws, QUANTILES, axis=0), -LARGEST, LARGEST)
        median, low_50, high_50, low_90, high_90 = 10.0**orders
        return cls(median=median, low_50=low_50, high_50=high_50, low_90=low_90, high_90=high_90)
