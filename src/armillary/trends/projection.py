"""Where a series leads: bands for the trend, for a new row, and for the largest so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from armillary.core.errors import RequestError
from armillary.fitting.uncertainty import LEVEL, Estimate, Interval
from armillary.trends.back_test import AUTO, HORIZON, BackTest, back_test
from armillary.trends.band import Band
from armillary.trends.forecast import LARGEST, MONTHS, Forecast, power
from armillary.trends.growth import Growth, fit_growth
from armillary.trends.lines import N_DRAWS
from armillary.trends.methods import candidates, method_named
from armillary.trends.scurves import S_CURVES, SCurveFit, fit_s_curve
from armillary.trends.series import Series

MOST_LANDMARKS = 8
APART = 0.1  # of the span, between landmarks
ARRIVALS = 3.0  # latest years in which rows of a frontier are counted
MOST_MILESTONES = 6
MOST_PARAMETERS = 3  # of the shape of an S-curve


@dataclass(frozen=True, kw_only=True)
class Landmark:
    """A row that was the largest of its day (the smallest, where the series falls)."""

    name: str
    date: float  # decimal year
    value: float  # in the series' unit
    source: str


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """A round value ahead, and the decimal year that passes it; infinite: none that was projected."""

    value: float  # in the series' unit
    date: Estimate  # decimal year; infinite: beyond what was projected


@dataclass(frozen=True, kw_only=True, eq=False)
class Projection:
    """A series, its growth, how methods did on it, and where it leads."""

    series: Series
    growth: Growth
    back_test: BackTest
    method: str  # which projects
    description: str  # of it, in words
    widen: float  # what bands were multiplied by about their medians, by the back-test
    years: Float[np.ndarray, " years"]  # decimal
    trend: Band  # of the trend itself
    rows: Band  # of a new row
    top: Band | None  # of the largest so far, for a frontier, from the last row's date on; NaN before
    s_curves: tuple[SCurveFit, ...]  # where the series is one thing measured at regular dates
    landmarks: tuple[Landmark, ...]
    milestones: tuple[Milestone, ...]  # of the largest so far for a frontier, else of the trend
    seed: int


def project(
    series: Series,
    years: Sequence[float] | Float[np.ndarray, " years"],
    method: str = AUTO,
    *,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> Projection:
    """Project ``series`` to ``years`` (decimal) by a named method, or by those that back-test best.

    The back-test looks as far ahead as the projection does, up to five years.  Raises FitError when rows
    are too few, UnknownNameError for a method that does not exist, RequestError without years.
    """
    at = np.unique(np.asarray(years, dtype=np.float64))
    if not len(at) or not np.isfinite(at).all():
        raise RequestError("a projection needs finite years to look at; give --until YEAR")
    named = None if method == AUTO else (method_named(method).name,)
    growth = fit_growth(series, n_draws=n_draws, seed=seed)
    ahead = min(max(np.ceil(at[-1] - series.dates.max()), 1.0), HORIZON)
    tested = back_test(series, named, horizon=float(ahead), seed=seed)
    chosen = method_named(tested.chosen if method == AUTO else method)
    falling = growth.overall.slope.value < 0
    drawn = chosen.sample(series, n_draws, seed)
    most = LARGEST if series.ceiling is None else float(np.log10(series.ceiling))
    trend = np.minimum(_widened(drawn.trend(at), tested.widen), most)
    top = _top(series, drawn, at, tested.widen, seed) if series.frontier else None
    return Projection(
        series=series,
        growth=growth,
        back_test=tested,
        method=chosen.name,
        description=chosen.description,
        widen=tested.widen,
        years=at,
        trend=Band.of(trend),
        rows=Band.of(np.minimum(_widened(drawn.rows(at, seed), tested.widen), most)),
        top=None if top is None else Band.of(top),
        s_curves=_s_curves(series, seed),
        landmarks=landmarks(series, falling=falling),
        milestones=_milestones(_course(series, drawn, at[-1], tested.widen, seed), falling),
        seed=seed,
    )


def years_until(series: Series, until: float) -> Float[np.ndarray, " years"]:
    """Return quarters of years from the first row of ``series`` to ``until``.

    Raises RequestError when the series reaches beyond it.
    """
    last = float(series.dates.max())
    if until <= last:
        raise RequestError(f"the rows end in {last:.1f}; project to a later year than {until:g}")
    quarters = np.arange(np.floor(series.dates.min() * 4) / 4, until, 0.25)
    return np.append(quarters, until)


def trend_paths(
    projection: Projection, years: Float[np.ndarray, " years"], n_draws: int = N_DRAWS
) -> Float[np.ndarray, "draws years"]:
    """Return courses of the projected trend, in orders of magnitude (log10), widened as its bands are.

    A row is one course through all ``years``: for simulations that need dates to hang together.
    """
    return _widened(trend_courses(projection, projection.series, years, n_draws), projection.widen)


def top_paths(
    projection: Projection, years: Float[np.ndarray, " years"], n_draws: int = N_DRAWS
) -> Float[np.ndarray, "draws years"]:
    """Return courses of the largest value so far, as ``trend_paths`` does of the trend.

    Raises RequestError when the series is no frontier, or for years before its last row.
    """
    series, seed = projection.series, projection.seed
    if not series.frontier or years.min() < series.dates.max():
        raise RequestError(
            f"the largest so far is told of a frontier after {series.dates.max():.1f}; give --frontier N"
        )
    drawn = method_named(projection.method).sample(series, n_draws, seed)
    return _top(series, drawn, years, projection.widen, seed)


def trend_courses(
    projection: Projection, series: Series, years: Float[np.ndarray, " years"], n_draws: int = N_DRAWS
) -> Float[np.ndarray, "draws years"]:
    """Return courses of the trend of another ``series`` (log10), by the method of ``projection``."""
    return method_named(projection.method).sample(series, n_draws, projection.seed).trend(years)


def landmarks(series: Series, *, falling: bool = False) -> tuple[Landmark, ...]:
    """Return rows that were the largest of their day, from the latest back, a tenth of the span apart.

    Of a ``falling`` series it is the smallest.
    """
    order = np.argsort(series.dates, kind="stable")
    height = np.where(series.exact, (-1 if falling else 1) * series.values, -np.inf)[order]
    record = np.flatnonzero(np.isfinite(height) & (height >= np.maximum.accumulate(height)))
    apart = APART * float(np.ptp(series.dates))
    kept: list[int] = []
    for i in order[record][::-1]:
        if len(kept) < MOST_LANDMARKS and (not kept or series.dates[kept[-1]] - series.dates[i] >= apart):
            kept.append(int(i))
    return tuple(
        Landmark(
            name=series.names[i],
            date=float(series.dates[i]),
            value=float(series.values[i]),
            source=series.sources[i],
        )
        for i in reversed(kept)
    )


def _s_curves(series: Series, seed: int) -> tuple[SCurveFit, ...]:
    enough = int(series.exact.sum()) >= MOST_PARAMETERS + 3
    names = [name for name in candidates(series) if name in S_CURVES and enough]
    return tuple(fit_s_curve(series, name, seed=seed) for name in names)


def _top(
    series: Series, drawn: Forecast, years: np.ndarray, widen: float, seed: int
) -> Float[np.ndarray, "draws years"]:
    """Return draws of the largest value so far; NaN at years before the last row."""
    last = float(series.dates.max())
    known = series.known()
    recent = float((known.dates > last - ARRIVALS).sum()) / ARRIVALS
    later = years[years >= last]
    top = np.full((len(drawn.sd), len(years)), np.nan)
    if len(later):
        so_far = float(np.log10(known.values.max()))
        reached = drawn.running_top(later, last, so_far, recent, seed)
        top[:, years >= last] = np.maximum(_widened(reached, widen), so_far)
    return top


def _widened(draws: Float[np.ndarray, "draws years"], widen: float) -> Float[np.ndarray, "draws years"]:
    middle = np.median(draws, axis=0)
    wide: np.ndarray = middle + widen * (draws - middle)
    return wide


def _course(
    series: Series, drawn: Forecast, until: float, widen: float, seed: int
) -> tuple[Float[np.ndarray, " months"], Float[np.ndarray, "draws months"]]:
    """Return the months ahead, and draws of the largest so far (of the trend, where it is no frontier)."""
    last = float(series.dates.max())
    n_months = max(int(np.ceil((until - last) * MONTHS)), 0)
    months = np.linspace(last, max(until, last), n_months + 1)
    if series.frontier:
        return months, _top(series, drawn, months, widen, seed)
    return months, _widened(drawn.trend(months), widen)


def _milestones(course: tuple[np.ndarray, np.ndarray], falling: bool) -> tuple[Milestone, ...]:
    """Return when each power of ten ahead is passed, as far as the median goes."""
    months, draws = course
    if falling:
        return tuple(replace(m, value=1 / m.value) for m in _milestones((months, -draws), False))
    middle = np.median(draws, axis=0)
    ahead = range(int(np.floor(middle[0])) + 1, int(np.floor(middle[-1])) + 1)
    return tuple(_milestone(months, draws, orders) for orders in list(ahead)[:MOST_MILESTONES])


def _milestone(months: np.ndarray, draws: np.ndarray, orders: int) -> Milestone:
    passed = draws >= orders
    first = np.where(passed.any(1), months[passed.argmax(1)], np.inf)
    low, middle, high = np.quantile(first, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], method="inverted_cdf")
    interval = Interval(low=float(low), high=float(high), level=LEVEL)
    return Milestone(value=power(orders), date=Estimate(value=float(middle), interval=interval))
