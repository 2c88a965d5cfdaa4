"""What a fitted trend says of any date: many plausible courses, and the scatter of rows about each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

MONTHS = 12
LARGEST = 300.0  # orders of magnitude that a number can have


def power(orders: float) -> float:
    """Return ten to the power ``orders``, within what a number can be."""
    return float(10.0 ** min(max(orders, -LARGEST), LARGEST))


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecast(ABC):
    """Base: draws of a trend, in orders of magnitude (log10 of the series' unit)."""

    sd: Float[np.ndarray, " draws"]  # scatter of rows about the trend
    residuals: Float[np.ndarray, " rows"]  # of the rows it was fitted to, in units of sd

    @abstractmethod
    def trend(self, years: Float[np.ndarray, " years"]) -> Float[np.ndarray, "draws years"]:
        """Return where the trend lies at decimal ``years`` in every draw."""

    def rows(self, years: Float[np.ndarray, " years"], seed: int = 0) -> Float[np.ndarray, "draws years"]:
        """Return values that rows of ``years`` may have: the trend and a residual drawn about it."""
        trend = self.trend(years)
        drawn = np.random.default_rng(seed).choice(self.residuals, trend.shape)
        scattered: np.ndarray = trend + self.sd[:, None] * drawn
        return scattered

    def running_top(
        self, years: Float[np.ndarray, " years"], since: float, top: float, per_year: float, seed: int = 0
    ) -> Float[np.ndarray, "draws years"]:
        """Return the largest value so far at ``years`` (ascending).

        It stands at ``top`` on the date ``since``; ``per_year`` rows a year come at random about the trend,
        and the largest of a month's k residuals is the quantile u^(1/k) of one.
        """
        rng = np.random.default_rng(seed)
        months = since + (np.arange(max(1, int(np.ceil((years[-1] - since) * MONTHS)))) + 0.5) / MONTHS
        trend = self.trend(months)
        arrivals = rng.poisson(per_year / MONTHS, trend.shape)
        with np.errstate(divide="ignore"):
            largest = np.quantile(self.residuals, rng.random(trend.shape) ** (1 / np.maximum(arrivals, 1)))
        values = np.where(arrivals > 0, trend + self.sd[:, None] * largest, -np.inf)
        reached = np.maximum.accumulate(np.maximum(values, top), axis=1)
        reached = np.concatenate([np.full((len(reached), 1), top), reached], axis=1)
        column = np.searchsorted(months, years, side="right")
        so_far: np.ndarray = reached[:, column]
        return so_far
