"""Growth of a quantile: how fast the upper edge of a cloud of models moves, or robustly its middle.

Quantile regression (Koenker & Bassett 1978, Regression quantiles, Econometrica 46) of log10 on the date.
For one slope the best level is a quantile of what is left, and what remains to be minimised is convex in the
slope, so a line is found by golden section, and all resamples of a bootstrap at once.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from armillary.core.errors import RequestError
from armillary.trends.censoring import Sample
from armillary.trends.growth import Rate, checked_sample, rate
from armillary.trends.lines import Lines
from armillary.trends.series import Series

STEPS = 60  # of golden section, each of which leaves 0.618 of the bracket
GOLDEN = (5**0.5 - 1) / 2
WIDE = 20.0  # the bracket, in standard deviations of values over that of dates
QUANTILE_DRAWS = 300


def quantile_growth(series: Series, quantile: float, *, n_draws: int = QUANTILE_DRAWS, seed: int = 0) -> Rate:
    """Return the growth of one quantile of ``series``, from rows that have values.

    Raises FitError as ``fit_growth`` does, RequestError when fewer than five rows lie beyond the quantile.
    """
    sample = checked_sample(series.known())
    beyond = len(sample) * min(quantile, 1 - quantile)
    if not 0 < quantile < 1 or beyond < 5:
        raise RequestError(
            f"of {len(sample)} rows {max(beyond, 0):.3g} lie beyond quantile {quantile:g} and it needs 5; "
            f"ask for one between {min(5 / len(sample), 0.5):.2g} and {max(1 - 5 / len(sample), 0.5):.2g}"
        )
    _, slope = fit_quantile(sample, sample.y[None], np.ones((1, len(sample))), quantile)
    draws = sample_quantile(sample, quantile, n_draws, seed)
    since, until = float(series.dates.min()), float(series.dates.max())
    return rate(since, until, float(slope[0]), draws.coefficients[:, 1])


def sample_quantile(sample: Sample, quantile: float, n_draws: int, seed: int) -> Lines:
    """Draw the line of one quantile by resampling rows, uncertain values drawn anew."""
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(sample), np.full(len(sample), 1 / len(sample)), n_draws).astype(np.float64)
    level, slope = fit_quantile(sample, sample.redrawn(rng, n_draws), counts, quantile)
    [best_level], [best_slope] = fit_quantile(sample, sample.y[None], np.ones((1, len(sample))), quantile)
    zero = np.zeros(n_draws)
    return Lines(
        origin=sample.origin,
        coefficients=np.stack([level, slope, zero, zero], axis=1),
        breaks=np.full(n_draws, np.inf),
        sd=np.ones(n_draws),
        residuals=sample.y - best_level - best_slope * sample.t,
    )


def fit_quantile(
    sample: Sample,
    y: Float[np.ndarray, "#fits points"],
    weights: Float[np.ndarray, "fits points"],
    quantile: float,
) -> tuple[Float[np.ndarray, " fits"], Float[np.ndarray, " fits"]]:
    """Return levels (at the sample's origin) and slopes of the lines that ``quantile`` of rows lie under."""
    reach = WIDE * max(float(y.std()), 1e-12) / float(sample.t.std())
    left, right = np.full(len(weights), -reach), np.full(len(weights), reach)
    for _ in range(STEPS):
        inner_left, inner_right = right - GOLDEN * (right - left), left + GOLDEN * (right - left)
        lower = _loss(sample, y, weights, quantile, inner_left) < _loss(
            sample, y, weights, quantile, inner_right
        )
        left, right = np.where(lower, left, inner_left), np.where(lower, inner_right, right)
    slope = (left + right) / 2
    return _level(sample, y, weights, quantile, slope), slope


def _level(
    sample: Sample, y: np.ndarray, weights: np.ndarray, quantile: float, slope: np.ndarray
) -> Float[np.ndarray, " fits"]:
    """Return the weighted quantile of values less their slope."""
    rest = y - slope[:, None] * sample.t
    order = np.argsort(rest, axis=1)
    below = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    at = (below < quantile * below[:, -1:]).sum(1, keepdims=True)
    level: np.ndarray = np.take_along_axis(rest, np.take_along_axis(order, at, axis=1), axis=1)[:, 0]
    return level


def _loss(
    sample: Sample, y: np.ndarray, weights: np.ndarray, quantile: float, slope: np.ndarray
) -> Float[np.ndarray, " fits"]:
    residual = y - slope[:, None] * sample.t - _level(sample, y, weights, quantile, slope)[:, None]
    loss: np.ndarray = (weights * residual * (quantile - (residual < 0))).sum(1)
    return loss
