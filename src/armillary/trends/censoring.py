"""Regression of values some of which are known by bounds alone: many fits at once.

The likelihood is Tobin's (1958, Estimation of relationships for limited dependent variables, Econometrica
26): an exact row gives its normal density, a row between bounds the probability of lying there.  In
coefficients/sd and 1/sd its logarithm is concave (Olsen 1978, Econometrica 46; Burridge 1981, JRSS B 43), so
damped Newton steps end at its only maximum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import log_ndtr

from armillary.trends.series import Series

MOST_STEPS = 50
MOST_HALVINGS = 12
TOLERANCE = 1e-9  # of the log likelihood that a step would add
LEAST_SD = 1e-4  # orders of magnitude, where rows are bounded: those on a line would make it likeliest at 0
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
        values = np.where(kept.low == kept.high, kept.low, kept.values)
        with np.errstate(divide="ignore"):
            y, low, high = (np.log10(column) for column in (values, kept.low, kept.high))
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
    y = np.broadcast_to(np.where(sample.exact, y, 0.0), (n_fits, len(sample)))
    weights = np.broadcast_to(weights, y.shape)
    known = weights * sample.exact
    beta = _least_squares(design, y, known)
    sd = np.sqrt((known * (y - _fitted(design, beta)) ** 2).sum(1) / known.sum(1))
    if not sample.exact.all():
        beta, sd = _tobit(design, y, sample, weights, beta, np.maximum(sd, LEAST_SD))
    value = (weights * _log_density(y, _fitted(design, beta), sd, sample)).sum(1)
    return Regression(coefficients=beta, sd=sd, log_likelihood=value)


def imputed_residuals(
    fitted: Float[np.ndarray, " points"], sd: float, sample: Sample, seed: int = 0
) -> Float[np.ndarray, " points"]:
    """Return residuals in units of ``sd``; those of bounded rows are drawn from what their bounds allow."""
    rng = np.random.default_rng(seed)
    scale = max(sd, 1e-12)
    exact: np.ndarray = (np.where(sample.exact, sample.y, fitted) - fitted) / scale
    if sample.exact.all():
        return exact
    a, b = (sample.low - fitted) / scale, (sample.high - fitted) / scale
    drawn = _truncated_normal(a, b, rng.random(len(sample)))
    residuals: np.ndarray = np.where(sample.exact, exact, drawn)
    return residuals


def _fitted(design: np.ndarray, beta: np.ndarray) -> Float[np.ndarray, "fits points"]:
    fitted: np.ndarray = (design @ beta[:, :, None])[..., 0]
    return fitted


def _least_squares(design: np.ndarray, y: np.ndarray, weights: np.ndarray) -> Float[np.ndarray, "fits terms"]:
    weighted = np.swapaxes(design * weights[..., None], 1, 2)
    inverse = np.linalg.pinv(weighted @ design, hermitian=True)
    beta: np.ndarray = (inverse @ (weighted @ y[..., None]))[..., 0]
    return beta


def _log_density(
    y: np.ndarray, fitted: np.ndarray, sd: np.ndarray, sample: Sample
) -> Float[np.ndarray, "fits points"]:
    """Return the log density of exact rows and the log probability of the bounds of others."""
    scale = np.maximum(sd, 1e-12)[:, None]
    density: np.ndarray = -0.5 * ((y - fitted) / scale) ** 2 - np.log(scale) - LOG_ROOT_TWO_PI
    bounded = np.flatnonzero(~sample.exact)
    if len(bounded):
        a, b = ((end[bounded] - fitted[:, bounded]) / scale for end in (sample.low, sample.high))
        density[:, bounded] = _log_mass(a, b)
    return density


def _tobit(
    design: np.ndarray, y: np.ndarray, sample: Sample, weights: np.ndarray, beta: np.ndarray, sd: np.ndarray
) -> tuple[Float[np.ndarray, "fits terms"], Float[np.ndarray, " fits"]]:
    """Return the likeliest coefficients and scatter, from those of exact rows on.

    Every fit keeps its own step; it is halved for as long as the likelihood would fall.
    """

    def likelihood(theta: np.ndarray) -> np.ndarray:
        spread = 1 / theta[:, -1]
        fitted = _fitted(design, theta[:, :-1] * spread[:, None])
        value: np.ndarray = (weights * _log_density(y, fitted, spread, sample)).sum(1)
        return value

    theta = np.concatenate([beta, np.ones((len(beta), 1))], axis=1) / sd[:, None]
    value = likelihood(theta)
    for _ in range(MOST_STEPS):
        gradient, curvature = _derivatives(design, y, sample, weights, theta)
        step = (np.linalg.pinv(curvature, hermitian=True) @ gradient[..., None])[..., 0]
        size = np.ones(len(theta))
        for _ in range(MOST_HALVINGS):
            tried = theta + size[:, None] * step
            tried[:, -1] = np.clip(tried[:, -1], 1e-3 * theta[:, -1], 1 / LEAST_SD)
            reached = likelihood(tried)
            if (better := reached >= value - 1e-12 * np.abs(value)).all():
                break
            size = np.where(better, size, size / 2)
        theta = np.where(better[:, None], tried, theta)
        gained, value = np.where(better, reached - value, 0.0), np.where(better, reached, value)
        if (gained < TOLERANCE).all():
            break
    return theta[:, :-1] / theta[:, -1:], 1 / theta[:, -1]


def _derivatives(
    design: np.ndarray, y: np.ndarray, sample: Sample, weights: np.ndarray, theta: np.ndarray
) -> tuple[Float[np.ndarray, "fits terms1"], Float[np.ndarray, "fits terms1 terms1"]]:
    """Return gradient and negative Hessian in (coefficients/sd, 1/sd).

    An exact row has e = y/sd - x'b/sd and gives -e^2/2 - log sd.  A bounded row gives log(Phi(b) - Phi(a)),
    whose ends a and b are linear in the parameters.
    """
    shape = (*y.shape, design.shape[2])
    x = np.broadcast_to(design, shape)
    location, scale = theta[:, :-1], theta[:, -1:]
    exact, bounded = np.flatnonzero(sample.exact), np.flatnonzero(~sample.exact)
    rays = np.concatenate([-x[:, exact], y[:, exact, None]], axis=2)  # d e
    e = scale * y[:, exact] - (x[:, exact] @ location[..., None])[..., 0]
    w = weights[:, exact]
    gradient = -((w * e)[:, None] @ rays)[:, 0]
    curvature = np.swapaxes(rays * w[..., None], 1, 2) @ rays
    gradient[:, -1] += w.sum(1) / scale[:, 0]
    curvature[:, -1, -1] += w.sum(1) / scale[:, 0] ** 2
    w, middle = weights[:, bounded], (x[:, bounded] @ location[..., None])[..., 0]
    ends = [_finite_end(end[bounded], scale, middle, x[:, bounded]) for end in (sample.low, sample.high)]
    (a, ray_a), (b, ray_b) = ends
    log_mass = _log_mass(a, b)
    at_a, at_b = (np.exp(-0.5 * z**2 - LOG_ROOT_TWO_PI - log_mass) for z in (a, b))
    tilt_a, tilt_b = (np.where(np.isfinite(z), z, 0.0) * density for z, density in ((a, at_a), (b, at_b)))
    gradient += ((w * at_b)[:, None] @ ray_b - (w * at_a)[:, None] @ ray_a)[:, 0]
    for factor, one, other in (
        (at_a**2 - tilt_a, ray_a, ray_a),
        (at_b**2 + tilt_b, ray_b, ray_b),
        (-at_a * at_b, ray_a, ray_b),
        (-at_a * at_b, ray_b, ray_a),
    ):
        curvature += np.swapaxes(one * (w * factor)[..., None], 1, 2) @ other
    return gradient, curvature


def _finite_end(
    end: np.ndarray, scale: np.ndarray, middle: np.ndarray, x: np.ndarray
) -> tuple[Float[np.ndarray, "fits bounded"], Float[np.ndarray, "fits bounded terms1"]]:
    """Return an end in standard deviations from the trend, and its derivative by the parameters."""
    finite = np.where(np.isfinite(end), end, 0.0)
    last = np.broadcast_to(finite[:, None], (*middle.shape, 1))
    return scale * end - middle, np.concatenate([-x, last], axis=2)


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
