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
    squares = (known * (y - _fitted(design, beta)) ** 2).sum(1)
    sd = np.sqrt(squares / np.maximum(known.sum(1), 1e-12))  # a resample may be of bounded rows alone
    if not sample.exact.all():
        task = _Tobit.of(design, y, sample, weights)
        beta, sd = _maximised(task, beta, np.maximum(sd, LEAST_SD))
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


@dataclass(frozen=True, kw_only=True, eq=False)
class _Tobit:
    """The likelihood of many fits in theta = (coefficients/sd, 1/sd), up to a constant.

    An exact row gives log(1/sd) - e^2/2 with e = y/sd - x'b/sd, linear in theta, so exact rows enter by their
    moments alone.  A bounded row gives log(Phi(b) - Phi(a)), whose ends a and b are linear in theta.
    """

    moments: Float[np.ndarray, "fits terms1 terms1"]  # of the derivatives of e, exact rows
    n_exact: Float[np.ndarray, " fits"]
    weights: Float[np.ndarray, "fits bounded"]
    ends: tuple[np.ndarray, np.ndarray]  # low and high of bounded rows
    rays: tuple[np.ndarray, np.ndarray]  # their derivatives (fits, bounded, terms1), 0 where infinite

    @classmethod
    def of(cls, design: np.ndarray, y: np.ndarray, sample: Sample, weights: np.ndarray) -> Self:
        x = np.broadcast_to(design, (*y.shape, design.shape[2]))
        exact, bounded = np.flatnonzero(sample.exact), np.flatnonzero(~sample.exact)
        rays, w = np.concatenate([-x[:, exact], y[:, exact, None]], axis=2), weights[:, exact]
        ends = (sample.low[bounded], sample.high[bounded])
        return cls(
            moments=np.swapaxes(rays * w[..., None], 1, 2) @ rays,
            n_exact=w.sum(1),
            weights=weights[:, bounded],
            ends=ends,
            rays=(_ray(x[:, bounded], ends[0]), _ray(x[:, bounded], ends[1])),
        )

    def value(self, theta: Float[np.ndarray, "fits terms1"]) -> Float[np.ndarray, " fits"]:
        squares = (theta * (self.moments @ theta[..., None])[..., 0]).sum(1)
        inside = (self.weights * _log_mass(*self._deviations(theta))).sum(1)
        value: np.ndarray = self.n_exact * np.log(theta[:, -1]) - squares / 2 + inside
        return value

    def derivatives(
        self, theta: Float[np.ndarray, "fits terms1"]
    ) -> tuple[Float[np.ndarray, "fits terms1"], Float[np.ndarray, "fits terms1 terms1"]]:
        """Return gradient and negative Hessian."""
        a, b = self._deviations(theta)
        log_mass = _log_mass(a, b)
        at_a, at_b = (np.exp(-0.5 * z**2 - LOG_ROOT_TWO_PI - log_mass) for z in (a, b))
        tilt_a, tilt_b = (np.where(np.isfinite(z), z, 0.0) * at for z, at in ((a, at_a), (b, at_b)))
        ray_a, ray_b = self.rays
        gradient = -(self.moments @ theta[..., None])[..., 0]
        gradient += ((self.weights * at_b)[:, None] @ ray_b - (self.weights * at_a)[:, None] @ ray_a)[:, 0]
        gradient[:, -1] += self.n_exact / theta[:, -1]
        curvature = self.moments.copy()
        curvature[:, -1, -1] += self.n_exact / theta[:, -1] ** 2
        for factor, one, other in (
            (at_a**2 - tilt_a, ray_a, ray_a),
            (at_b**2 + tilt_b, ray_b, ray_b),
            (-at_a * at_b, ray_a, ray_b),
            (-at_a * at_b, ray_b, ray_a),
        ):
            curvature += np.swapaxes(one * (self.weights * factor)[..., None], 1, 2) @ other
        return gradient, curvature

    def _deviations(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends in standard deviations from the trend."""
        low, high = (
            np.where(np.isfinite(end), (ray @ theta[..., None])[..., 0], end)
            for end, ray in zip(self.ends, self.rays, strict=True)
        )
        return low, high


def _ray(x: np.ndarray, end: np.ndarray) -> Float[np.ndarray, "fits bounded terms1"]:
    finite = np.isfinite(end)
    last = np.broadcast_to(np.where(finite, end, 0.0)[:, None], (*x.shape[:2], 1))
    ray: np.ndarray = np.concatenate([-x, last], axis=2) * finite[:, None]
    return ray


def _maximised(
    task: _Tobit, beta: np.ndarray, sd: np.ndarray
) -> tuple[Float[np.ndarray, "fits terms"], Float[np.ndarray, " fits"]]:
    """Return the likeliest coefficients and scatter, starting from those of exact rows.

    Every fit keeps its own step; it is halved for as long as the likelihood would fall.
    """
    theta = np.concatenate([beta, np.ones((len(beta), 1))], axis=1) / sd[:, None]
    value = task.value(theta)
    for _ in range(MOST_STEPS):
        gradient, curvature = task.derivatives(theta)
        step = (np.linalg.pinv(curvature, hermitian=True) @ gradient[..., None])[..., 0]
        size = np.ones(len(theta))
        for _ in range(MOST_HALVINGS):
            tried = theta + size[:, None] * step
            tried[:, -1] = np.clip(tried[:, -1], 1e-3 * theta[:, -1], 1 / LEAST_SD)
            reached = task.value(tried)
            if (better := reached >= value - 1e-12 * np.abs(value)).all():
                break
            size = np.where(better, size, size / 2)
        theta = np.where(better[:, None], tried, theta)
        gained, value = np.where(better, reached - value, 0.0), np.where(better, reached, value)
        if (gained < TOLERANCE).all():
            break
    return theta[:, :-1] / theta[:, -1:], 1 / theta[:, -1]


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
