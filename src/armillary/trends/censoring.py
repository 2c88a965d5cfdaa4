"""Regression of values some of which are known by bounds alone: many fits at once.

The likelihood is Tobin's (1958, Estimation of relationships for limited dependent variables, Econometrica
26): an exact row gives its normal density, a row between bounds the probability of lying there.  It is
maximised by expectation and maximisation (Dempster, Laird & Rubin 1977): a bounded row stands in with its
expected value, and with the variance that remains.  The likelihood has one maximum (Burridge 1981).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import log_ndtr

from armillary.trends.series import Series

MOST_STEPS = 500
TOLERANCE = 1e-6  # of the expected values, in standard deviations
LOG_ROOT_TWO_PI = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A series as regression sees it: orders of magnitude over years since ``origin``."""

    origin: float  # decimal year, in the middle of the data
    t: Float[np.ndarray, " points"]
    y: Float[np.ndarray, " points"]  # log10; NaN where only bounds are known
    low: Float[np.ndarray, " points"]
    high: Float[np.ndarray, " points"]
    weight: Float[np.ndarray, " points"]  # how much a row counts

    @classmethod
    def of(cls, series: Series) -> Self:
        """Return ``series`` on a logarithmic scale, without rows whose bounds say nothing."""
        informative = series.exact | (series.low > 0) | np.isfinite(series.high)
        kept = series.take(informative)
        origin = float(np.mean(kept.dates)) if len(kept) else 0.0
        with np.errstate(divide="ignore"):
            y, low, high = (np.log10(column) for column in (kept.values, kept.low, kept.high))
        return cls(origin=origin, t=kept.dates - origin, y=y, low=low, high=high, weight=np.ones(len(kept)))

    def __len__(self) -> int:
        return len(self.t)

    @property
    def exact(self) -> Bool[np.ndarray, " points"]:
        """Which rows have a value."""
        known: np.ndarray = ~np.isnan(self.y)
        return known

    @property
    def n_effective(self) -> float:
        """How many rows of equal weight would tell as much."""
        return float(self.weight.sum() ** 2 / (self.weight**2).sum())

    def rows(self, index: Int[np.ndarray, " rows"]) -> Self:
        """Return some of the rows."""
        columns = {name: getattr(self, name)[index] for name in ("t", "y", "low", "high", "weight")}
        return replace(self, **columns)

    def discounted(self, half_life: float) -> Self:
        """Return the sample with rows counting half as much for every ``half_life`` years before the last."""
        return replace(self, weight=self.weight * 0.5 ** ((self.t.max() - self.t) / half_life))

    def redrawn(self, rng: np.random.Generator, n_draws: int) -> Float[np.ndarray, "draws points"]:
        """Return values drawn log-uniformly between the bounds of each; NaN where there is none."""
        width = np.where(self.exact & (self.low < self.high), self.high - self.low, 0.0)
        start = np.where(width > 0, self.low, self.y)
        drawn: np.ndarray = start + width * rng.random((n_draws, len(self)))
        return drawn


@dataclass(frozen=True, kw_only=True, eq=False)
class Regression:
    """Fits of the same rows: coefficients, scatter and log likelihood of each."""

    coefficients: Float[np.ndarray, "fits terms"]
    sd: Float[np.ndarray, " fits"]  # the likeliest scatter, in orders of magnitude; 0 where all rows fit
    log_likelihood: Float[np.ndarray, " fits"]


def regress(
    design: Float[np.ndarray, "#fits points terms"],
    y: Float[np.ndarray, "#fits points"],
    sample: Sample,
    weights: Float[np.ndarray, "#fits points"] | None = None,
) -> Regression:
    """Fit ``y`` (log10; NaN where ``sample`` knows bounds alone) on ``design``, many fits at once.

    A row counts as often as ``weights`` say, times its own weight.  Without bounded rows this is weighted
    least squares, in closed form.
    """
    weights = sample.weight[None] if weights is None else weights * sample.weight
    n_fits = max(len(design), len(y), len(weights))
    bounded = np.flatnonzero(~sample.exact)
    y = np.array(np.broadcast_to(y, (n_fits, len(sample))))
    y[:, bounded] = 0.0
    total = weights.sum(1)
    known = weights * sample.exact
    beta = np.einsum("fpn,fn->fp", _inverse(design, known), y)
    sd = _scatter(y - _fitted(design, beta), known, known.sum(1))
    if len(bounded):
        inverse, spare = _inverse(design, weights), np.zeros_like(y)
        for _ in range(MOST_STEPS):
            mean, variance, _ = _expected(_fitted(design, beta)[:, bounded], sd[:, None], sample, bounded)
            moved = np.abs(mean - y[:, bounded]) / np.maximum(sd[:, None], 1e-12)
            y[:, bounded], spare[:, bounded] = mean, variance
            beta = np.einsum("fpn,fn->fp", inverse, y)
            sd = _scatter(y - _fitted(design, beta), weights, total, spare)
            if moved.max() < TOLERANCE:
                break
    return Regression(
        coefficients=beta,
        sd=sd,
        log_likelihood=_log_likelihood(y, _fitted(design, beta), sd, sample, weights),
    )


def imputed_residuals(
    fitted: Float[np.ndarray, " points"], sd: float, sample: Sample, seed: int = 0
) -> Float[np.ndarray, " points"]:
    """Return residuals in units of ``sd``; those of bounded rows are drawn from what their bounds allow."""
    rng = np.random.default_rng(seed)
    scale = max(sd, 1e-12)
    exact = (np.where(sample.exact, sample.y, fitted) - fitted) / scale
    a, b = (sample.low - fitted) / scale, (sample.high - fitted) / scale
    drawn = _truncated_normal(a, b, rng.random(len(sample)))
    residuals: np.ndarray = np.where(sample.exact, exact, drawn)
    return residuals


def _fitted(design: np.ndarray, beta: np.ndarray) -> Float[np.ndarray, "fits points"]:
    fitted: np.ndarray = (design @ beta[:, :, None])[..., 0]
    return fitted


def _inverse(design: np.ndarray, weights: np.ndarray) -> Float[np.ndarray, "fits terms points"]:
    """Return the matrix that takes values to coefficients."""
    weighted = np.swapaxes(design * weights[..., None], 1, 2)
    inverse: np.ndarray = np.linalg.pinv(weighted @ design, hermitian=True) @ weighted
    return inverse


def _scatter(
    residuals: np.ndarray, weights: np.ndarray, total: np.ndarray, spare: np.ndarray | float = 0.0
) -> Float[np.ndarray, " fits"]:
    spread: np.ndarray = np.sqrt((weights * (residuals**2 + spare)).sum(1) / total)
    return spread


def _expected(
    mu: np.ndarray, sd: np.ndarray, sample: Sample, bounded: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean and variance of bounded rows, and the log probability of their bounds."""
    scale = np.maximum(sd, 1e-12)
    a, b = (sample.low[bounded] - mu) / scale, (sample.high[bounded] - mu) / scale
    log_mass = _log_mass(a, b)
    at_a, at_b = (np.exp(-0.5 * z**2 - LOG_ROOT_TWO_PI - log_mass) for z in (a, b))
    shift = at_a - at_b
    slope_a, slope_b = (np.where(np.isfinite(z), z, 0.0) * density for z, density in ((a, at_a), (b, at_b)))
    shrink = np.clip(1 + slope_a - slope_b - shift**2, 0.0, 1.0)
    return mu + scale * shift, scale**2 * shrink, log_mass


def _log_mass(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return log(Phi(b) - Phi(a)), from the tail in which it is exact."""
    low, high = np.where(a > 0, -b, a), np.where(a > 0, -a, b)
    top = log_ndtr(high)
    ratio = np.minimum(log_ndtr(low) - top, -1e-15)
    mass: np.ndarray = top + np.log1p(-np.exp(ratio))
    return mass


def _truncated_normal(a: np.ndarray, b: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return the quantile ``u`` of a standard normal between ``a`` and ``b``, by bisection."""
    left, right = np.clip(a, -40, 40), np.clip(b, -40, 40)
    whole = _log_mass(left, np.maximum(right, left + 1e-9))
    start = left
    for _ in range(60):
        middle: np.ndarray = (left + right) / 2
        below = np.exp(_log_mass(start, np.maximum(middle, start + 1e-12)) - whole) < u
        left, right = np.where(below, middle, left), np.where(below, right, middle)
    return middle


def _log_likelihood(
    y: np.ndarray, fitted: np.ndarray, sd: np.ndarray, sample: Sample, weights: np.ndarray
) -> Float[np.ndarray, " fits"]:
    scale = np.maximum(sd, 1e-12)[:, None]
    density = -0.5 * ((y - fitted) / scale) ** 2 - np.log(scale) - LOG_ROOT_TWO_PI
    bounded = np.flatnonzero(~sample.exact)
    if len(bounded):
        density[:, bounded] = _expected(fitted[:, bounded], sd[:, None], sample, bounded)[2]
    value: np.ndarray = (weights * density).sum(1)
    return value
