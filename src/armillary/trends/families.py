"""Families of architectures over time: their share of notable models, and how the newer ones were adopted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import betaincinv, expit

from armillary.core.errors import FitError
from armillary.fitting.uncertainty import LEVEL, Estimate, Interval
from armillary.trends.rows import Row

WINDOW = 3.0  # years
LEAST_MODELS = 20  # of an adoption curve
LEAST_ADOPTED = 5
PEAK_MODELS = 10  # in a window whose share can be the peak
N_GRID = 48  # values of each number of an adoption curve


@dataclass(frozen=True, kw_only=True, eq=False)
class FamilyShares:
    """Shares of families among the models of a window about each year."""

    years: Float[np.ndarray, " years"]  # decimal
    window: float  # years
    n_models: Float[np.ndarray, " years"]  # in the window
    families: tuple[str, ...]  # the most frequent first
    share: Float[np.ndarray, "families years"]  # NaN where a window holds no model
    low: Float[np.ndarray, "families years"]  # 90%
    high: Float[np.ndarray, "families years"]
    untold: int  # notable models whose family is not told


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """A family's rise: share = ceiling / (1 + exp(-rate (t - midpoint))), up to the peak of its share."""

    family: str
    first: float  # decimal year of the first model
    peak: float  # last decimal year that may have the largest share; the curve ends half a window later
    midpoint: Estimate  # decimal year of half the ceiling
    ceiling: Estimate  # share
    years_10_to_90: Estimate  # from a tenth to nine tenths of the ceiling
    n_models: int  # that the curve is fitted to
    n_adopted: int  # of the family


def family_shares(
    rows: Iterable[Row], years: Float[np.ndarray, " years"] | None = None, window: float = WINDOW
) -> FamilyShares:
    """Return the share of each family among notable models, in a window about each decimal year.

    Without ``years`` it is the middle of every calendar year on record.
    Intervals are Jeffreys' (Brown, Cai and DasGupta 2001, Interval Estimation for a Binomial Proportion),
    of models taken as independent draws.  FitError when no model tells its family.
    """
    notable = [row for row in rows if row.notable is not False]
    told = [row for row in notable if row.family]
    if not told:
        raise FitError("no model tells its architecture family; a table needs a column family")
    dates = np.array([row.date.year for row in told])
    at = np.arange(np.floor(dates.min()), np.floor(dates.max()) + 1) + 0.5 if years is None else years
    near = np.abs(dates[None, :] - at[:, None]) <= window / 2  # years, models
    labels = np.array([row.family for row in told])
    names, counts = np.unique(labels, return_counts=True)
    order = tuple(str(name) for name in names[np.argsort(-counts, kind="stable")])
    hits = np.stack([(near & (labels == name)).sum(axis=1) for name in order]).astype(np.float64)
    n = near.sum(axis=1).astype(np.float64)
    low, high = jeffreys(hits, n)
    return FamilyShares(
        years=at,
        window=window,
        n_models=n,
        families=order,
        share=np.where(n > 0, hits / np.maximum(n, 1), np.nan),
        low=np.where(n > 0, low, np.nan),
        high=np.where(n > 0, high, np.nan),
        untold=len(notable) - len(told),
    )


def jeffreys(
    hits: Float[np.ndarray, "*shape"], n: Float[np.ndarray, "*other"], level: float = LEVEL
) -> tuple[np.ndarray, np.ndarray]:
    """Return the Jeffreys interval of ``hits`` out of ``n``; it reaches 0 or 1 where all or none hit."""
    tail = (1 - level) / 2
    low = np.where(hits > 0, betaincinv(hits + 0.5, n - hits + 0.5, tail), 0.0)
    high = np.where(hits < n, betaincinv(hits + 0.5, n - hits + 0.5, 1 - tail), 1.0)
    return low, high


def adoption(rows: Iterable[Row], family: str, window: float = WINDOW) -> Adoption:
    """Fit the logistic rise of ``family`` among notable models from its first to its peak, model by model.

    Each model is of the family or not, with the curve's probability.  Priors are flat on the ceiling, the
    midpoint and the log of the time from a tenth to nine tenths of the ceiling; medians and 90% intervals
    are of the posterior on a grid.  FitError when there are too few models to tell.
    """
    told = [row for row in rows if row.notable is not False and row.family]
    members = sorted(row.date.year for row in told if row.family == family)
    if len(members) < LEAST_ADOPTED:
        raise FitError(
            f"{len(members)} notable models are of the family {family!r}; a curve needs {LEAST_ADOPTED}"
        )
    shares = family_shares(told, window=window)
    peak = _peak(shares, shares.families.index(family))
    rise = [row for row in told if members[0] - window <= row.date.year <= peak + window / 2]
    if len(rise) < LEAST_MODELS:
        raise FitError(
            f"{len(rise)} models in the rise of {family!r}; an adoption curve needs {LEAST_MODELS}"
        )
    dates = np.array([row.date.year for row in rise])
    is_member = np.array([row.family == family for row in rise], dtype=bool)
    midpoint, spread, ceiling = _posterior(dates, is_member)
    return Adoption(
        family=family,
        first=members[0],
        peak=peak,
        midpoint=midpoint,
        ceiling=ceiling,
        years_10_to_90=spread,
        n_models=len(rise),
        n_adopted=int(is_member.sum()),
    )


def _peak(shares: FamilyShares, family: int) -> float:
    """Return the last year whose share may still be the largest: later intervals lie below that."""
    full = shares.n_models >= PEAK_MODELS
    if not full.any():
        return float(shares.years[-1])
    largest = shares.share[family][full].max()
    return float(shares.years[full & (shares.high[family] >= largest)][-1])


def _posterior(
    dates: Float[np.ndarray, " models"], is_member: Bool[np.ndarray, " models"]
) -> tuple[Estimate, Estimate, Estimate]:
    """Return (midpoint, years from a tenth to nine tenths, ceiling)."""
    span = float(np.ptp(dates))
    midpoints = np.linspace(dates.min() - span / 4, dates.max() + span / 2, N_GRID)
    spreads = np.geomspace(0.25, 4 * span, N_GRID)
    ceilings = np.linspace(0.01, 1.0, N_GRID)
    rate = 2 * np.log(9.0) / spreads
    shape = expit(rate[None, :, None] * (dates[None, None, :] - midpoints[:, None, None]))
    support = np.stack([_log_likelihood(ceiling * shape, is_member) for ceiling in ceilings], axis=-1)
    weights = np.exp(support - support.max())
    axes = (midpoints, spreads, ceilings)
    estimates = []
    for i, values in enumerate(axes):
        others = tuple(axis for axis in range(3) if axis != i)
        estimates.append(_weighted(values, weights.sum(axis=others)))
    return estimates[0], estimates[1], estimates[2]


def _log_likelihood(
    share: Float[np.ndarray, "midpoints spreads models"], is_member: Bool[np.ndarray, " models"]
) -> Float[np.ndarray, "midpoints spreads"]:
    bounded = np.clip(share, 1e-12, 1 - 1e-12)
    total: Float[np.ndarray, "midpoints spreads"] = np.log(bounded[..., is_member]).sum(-1) + np.log1p(
        -bounded[..., ~is_member]
    ).sum(-1)
    return total


def _weighted(values: Float[np.ndarray, " grid"], weights: Float[np.ndarray, " grid"]) -> Estimate:
    """Return the median and the 90% interval of a grid's posterior."""
    mass = np.cumsum(weights)
    middle = (mass - weights / 2) / mass[-1]
    low, median, high = np.interp([(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], middle, values)
    return Estimate(value=float(median), interval=Interval(low=float(low), high=float(high)))
