"""The plots of a trend: its record and where it leads, how fast it grew, when it bent, how methods did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import IdentityTransform

from armillary.reports.axes import (
    SMALL,
    dress,
    factor_tick,
    label_ends,
    log_axis,
    name_axes,
    number_tick,
    padded,
)
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink
from armillary.reports.trend_labels import name_points, text_width, year_axis
from armillary.reports.trend_tables import named_rates
from armillary.reports.trend_text import (
    amount,
    amount_tick,
    method_name,
    month,
    month_span,
    quantity_name,
    share,
    unit_name,
)
from armillary.reports.words import Words
from armillary.trends.back_test import AUTO, BackTest
from armillary.trends.band import Band
from armillary.trends.growth import Growth, TrendForm
from armillary.trends.projection import Projection
from armillary.trends.series import Series

LOUD = 400  # rows up to which each says its name when hovered over
TREND, BOUNDED, TOP = (series_ink(i) for i in range(3))
SHOWN_WEIGHT = 0.1  # of a form, from which its break is marked in the record
NAMED_NARROW = 5  # landmarks that are named on a phone
NAMES = 300.0  # px, for the names of rates beside their intervals


def record_plate(projection: Projection, words: Words) -> Plate:
    """Draw the rows, the trend with its bands to the last year asked for, breaks, and landmarks by name."""
    series, until = projection.series, float(projection.years[-1])
    first = min(float(series.dates.min()), float(projection.years[0]))
    limits = _heights(projection)

    def draw(canvas: Canvas) -> None:
        right = 86 if canvas.is_narrow else 104
        axes = dress(canvas.figure.add_axes(canvas.box(44, right, 36, 48)))
        log_axis(axes.yaxis, *limits, amount_tick(series.unit, limits[1]), 9)
        year_axis(axes, first - 0.02 * (until - first), until, 4 if canvas.is_narrow else 9)
        marked = _breaks(axes, projection.growth, words, canvas.is_narrow)
        _bands(axes, projection)
        _rows(canvas, axes, series, words)
        _name_landmarks(axes, projection, marked, NAMED_NARROW if canvas.is_narrow else None)
        _name_bands(axes, projection, words)
        name_axes(axes, "", f"{quantity_name(words, series.quantity)}, {unit_name(words, series.unit)}")

    values = {"quantity": quantity_name(words, series.quantity), "n": len(series), "year": f"{until:.0f}"}
    return plate("record", words("alt.trend.record", **values), draw, wide_height=560, narrow_height=440)


def _heights(projection: Projection) -> tuple[float, float]:
    """Return limits that hold every row, and beyond the last one the bands of the trend and of new rows."""
    series, ends = projection.series, projection.years >= projection.series.dates.max()
    known = np.concatenate([series.values, series.low, series.high])
    trend = projection.trend
    bands = [trend.low_90[ends], trend.high_90[ends], projection.rows.high_90[ends]]
    if projection.top is not None:
        bands.append(projection.top.high_90[ends])
    every = np.concatenate([known, *bands])
    every = np.log10(every[np.isfinite(every) & (every > 0)])
    low, high = float(every.min()), float(every.max())
    pad = 0.03 * max(high - low, 0.3)
    return 10 ** (low - 3 * pad), 10 ** (high + pad)


def _bands(axes: Axes, projection: Projection) -> None:
    """Draw new rows' 90% band faintly, the trend's two bands, and its median, dashed beyond the last row."""
    years, last = projection.years, float(projection.series.dates.max())
    ahead = years >= last
    _fill(axes, years, projection.rows, TREND, 0.07, (90,))
    _fill(axes, years, projection.trend, TREND, 0.17, (90, 50))
    if projection.top is not None:
        _fill(axes, years[ahead], _part(projection.top, ahead), TOP, 0.13, (90, 50))
        axes.plot(years[ahead], projection.top.median[ahead], color=TOP, lw=1.8, ls=(0, (4, 3)), zorder=4)
    middle = projection.trend.median
    axes.plot(years[~ahead], middle[~ahead], color=TREND, lw=1.8, zorder=4)
    from_last = ahead | np.append(ahead[1:], False)
    axes.plot(years[from_last], middle[from_last], color=TREND, lw=1.8, ls=(0, (4, 3)), zorder=4)


def _part(band: Band, mask: np.ndarray) -> Band:
    return Band(**{name: getattr(band, name)[mask] for name in vars(band)})


def _fill(axes: Axes, years: np.ndarray, band: Band, ink: str, alpha: float, levels: Sequence[int]) -> None:
    for level in levels:
        low, high = getattr(band, f"low_{level}"), getattr(band, f"high_{level}")
        axes.fill_between(years, low, high, color=ink, alpha=alpha, linewidth=0)


def _rows(canvas: Canvas, axes: Axes, series: Series, words: Words) -> None:
    """Draw rows with a value as dots over the hair of their uncertainty, the others by their bounds."""
    exact = series.exact
    wide = exact & (series.low < series.high)
    low, high = series.low[wide], series.high[wide]
    axes.vlines(series.dates[wide], low, high, color=INK["muted"], lw=0.7, alpha=0.35)
    if exact.sum() > LOUD:
        axes.plot(series.dates[exact], series.values[exact], "o", ms=3, mew=0, color=INK["muted"], alpha=0.6)
    for i in np.flatnonzero(exact) if exact.sum() <= LOUD else ():
        tip = canvas.tip(_tip(series, int(i), words))
        style: dict[str, Any] = {
            "marker": "o",
            "ms": 4.2,
            "mew": 0,
            "color": INK["muted"],
            "alpha": 0.75,
            "zorder": 5,
        }
        axes.plot([series.dates[i]], [series.values[i]], ls="", gid=tip, **style)
    for i in np.flatnonzero(~exact):
        _bounds(canvas, axes, series, int(i), words)


def _bounds(canvas: Canvas, axes: Axes, series: Series, i: int, words: Words) -> None:
    """Draw a row known by bounds: an arrow from its one bound, or a bar between its two."""
    low, high = float(series.low[i]), float(series.high[i])
    floor, ceiling = axes.get_ylim()
    reach = (ceiling / floor) ** 0.045
    ends = {"low": low or high / reach, "high": high if np.isfinite(high) else low * reach}
    marks = [(ends["low"], "v" if low == 0 else "_"), (ends["high"], "_" if np.isfinite(high) else "^")]
    date, tip = float(series.dates[i]), canvas.tip(_tip(series, i, words))
    axes.plot([date, date], list(ends.values()), color=BOUNDED, lw=1.3, zorder=6, gid=tip)
    for height, marker in marks:
        axes.plot([date], [height], marker=marker, ms=6, mew=1.3, color=BOUNDED, ls="", zorder=6)


def _tip(series: Series, i: int, words: Words) -> str:
    value, low, high = (float(column[i]) for column in (series.values, series.low, series.high))
    bounds = f"[{amount(low, series.unit)}, {amount(high, series.unit)}]"
    shown = bounds if np.isnan(value) else amount(value, series.unit)
    unit = unit_name(words, series.unit)
    return f"{series.names[i]} · {month(float(series.dates[i]))} · {shown} {unit}"


def bent_forms(growth: Growth, least: float = 0.0) -> list[TrendForm]:
    """Return the forms with a break whose weight is at least ``least``, the heaviest first."""
    found = [form for form in growth.forms if form.date is not None and form.weight >= least]
    return sorted(found, key=lambda form: -form.weight)


def break_mark(form: TrendForm, words: Words, is_narrow: bool = False) -> str:
    """Return what stands beside a break: its form, date and, where there is room, weight."""
    assert form.date is not None  # it is bent
    if is_narrow:
        return f"{words(f'trend.form.{form.form}')} {month(form.date.value)}"
    shown = {"date": month(form.date.value), "weight": share(form.weight)}
    return words("trend.break.mark", form=words(f"trend.form.{form.form}"), **shown)


def _breaks(axes: Axes, growth: Growth, words: Words, is_narrow: bool) -> int:
    """Shade the 90% interval of every supported break and name it at the foot; return how many there are."""
    found = bent_forms(growth, SHOWN_WEIGHT)
    for place, form in enumerate(found):
        assert form.date is not None  # it is bent
        span, at = form.date.interval, form.date.value
        axes.axvspan(span.low, span.high, color=INK["muted"], alpha=0.13, lw=0, zorder=0)
        axes.axvline(at, color=INK["muted"], lw=1, ls=(0, (2, 2)), zorder=0)
        text = break_mark(form, words, is_narrow)
        leftward = axes.transAxes.inverted().transform(axes.transData.transform((at, 1)))[0] > 0.45
        axes.annotate(
            text,
            (span.low if leftward else span.high, 0),
            xycoords=("data", "axes fraction"),
            xytext=(-5 if leftward else 5, 6 + 17 * place),
            textcoords="offset points",
            ha="right" if leftward else "left",
            fontsize=SMALL,
            color=INK["muted"],
        )
    return len(found)


def _name_landmarks(axes: Axes, projection: Projection, marked: int, most: int | None) -> None:
    """Ring the landmarks and name the latest ``most``; those of one thing measured again bear one name."""
    marks, series = projection.landmarks, projection.series
    x, y = [mark.date for mark in marks], [mark.value for mark in marks]
    axes.plot(x, y, "o", ms=6, mew=1.2, mfc=INK["surface"], mec=INK["ink"], ls="", zorder=7)
    crowd = _crowd(series)
    if len(set(series.names)) == 1:
        return
    latest = sorted(marks, key=lambda mark: -mark.date)[:most]
    name_points(axes, [(m.date, m.value, m.name) for m in latest], crowd, SMALL, 17.0 * marked)


def _crowd(series: Series) -> np.ndarray:
    """Return the points that names had better not cover: values, and bounds with their middle."""
    middle = np.sqrt(series.low) * np.sqrt(series.high)
    heights = (series.values, series.low, series.high, middle)
    points = np.concatenate([np.column_stack([series.dates, height]) for height in heights])
    kept: np.ndarray = points[np.isfinite(points[:, 1]) & (points[:, 1] > 0)]
    return kept


def _name_bands(axes: Axes, projection: Projection, words: Words) -> None:
    """Say at the right end what leads where."""
    end, unit = float(projection.years[-1]), projection.series.unit
    ends = [("trend", projection.trend, TREND), ("top", projection.top, TOP)]
    label_ends(
        axes,
        [
            (
                end,
                float(band.median[-1]),
                words(f"trend.band.{name}", value=amount(float(band.median[-1]), unit)),
                ink,
            )
            for name, band, ink in ends
            if band is not None
        ],
    )


def rates_plate(growth: Growth, words: Words) -> Plate:
    """Draw growth a year with its 90% interval: of one line, without rows known by bounds, by each form."""
    rates = named_rates(growth, words)
    ends = [end for _, rate in rates for end in (rate.per_year.interval.low, rate.per_year.interval.high)]
    limits = padded([*ends, 0.95, 1.1], 0.03)

    def draw(canvas: Canvas) -> None:
        left = 8 if canvas.is_narrow else NAMES
        axes = dress(canvas.figure.add_axes(canvas.box(left, 16, 12, 48)))
        log_axis(axes.xaxis, *limits, factor_tick, 6)
        axes.set_ylim(len(rates) - 0.4, -0.7)
        axes.yaxis.set_visible(False)
        axes.axvline(1, color=INK["muted"], lw=1, ls=(0, (2, 2)))
        for place, (name, rate) in enumerate(rates):
            span, ink = rate.per_year.interval, TREND if place else INK["ink"]
            axes.plot([span.low, span.high], [place, place], color=ink, lw=2.2)
            axes.plot([rate.per_year.value], [place], "o", ms=7, mew=0, color=ink)
            shift = (0, place - 0.42) if canvas.is_narrow else (-NAMES / axes.bbox.width, place)
            style: dict[str, Any] = {"va": "center", "fontsize": SMALL, "color": INK["ink"]}
            axes.annotate(name, shift, xycoords=("axes fraction", "data"), annotation_clip=False, **style)
        name_axes(axes, words("axis.trend.per_year"), "")

    heights = {"wide_height": 32.0 * len(rates) + 64, "narrow_height": 46.0 * len(rates) + 64}
    return plate("rates", words("alt.trend.rates", n=len(rates)), draw, **heights)


def profile_plate(growth: Growth, words: Words) -> Plate:
    """Draw the weight of each date of a break, and below it the 90% interval of each form's."""
    forms = bent_forms(growth)
    dates, weights = growth.profile_dates, growth.profile_weights
    low, high = growth.overall.since, growth.overall.until

    def draw(canvas: Canvas) -> None:
        below = 34 * len(forms)
        axes = dress(canvas.figure.add_axes(canvas.box(46, 16, 36, 48 + below)))
        year_axis(axes, low, high, 5 if canvas.is_narrow else 10)
        axes.set_ylim(0, 1.08 * float(weights.max()))
        axes.yaxis.set_major_formatter(lambda value, _: share(value))
        axes.fill_between(dates, weights, step="mid", color=TREND, alpha=0.3, lw=0)
        axes.step(dates, weights, where="mid", color=TREND, lw=1.4)
        name_axes(axes, "", words("axis.trend.profile"))
        for place, form in enumerate(forms):
            _interval_below(canvas, axes, form, 48 + 34 * place, words)

    height = 300.0 + 34 * len(forms)
    return plate("profile", words("alt.trend.profile"), draw, wide_height=height, narrow_height=height)


def _interval_below(canvas: Canvas, axes: Axes, form: TrendForm, down: float, words: Words) -> None:
    """Draw the interval of a form's break under the axes, and what it is."""
    assert form.date is not None  # it is bent
    span, x = form.date.interval, axes.transData
    y = axes.bbox.y0 - down
    left, middle, right = (float(x.transform((at, 0))[0]) for at in (span.low, form.date.value, span.high))
    style: dict[str, Any] = {"xycoords": "figure pixels", "textcoords": "figure pixels"}
    bar = {"arrowstyle": "-", "color": INK["ink"], "lw": 2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (left, y), (max(right, left + 2), y), arrowprops=bar, annotation_clip=False, **style)
    axes.plot([middle], [y], "D", ms=6, mew=0, color=INK["ink"], transform=IdentityTransform(), clip_on=False)
    name = break_mark(form, words, canvas.is_narrow)
    text = name if canvas.is_narrow else f"{name} {month_span(span)}"
    to_the_left = left - axes.bbox.x0 > text_width(text, SMALL) + 14
    at, side = (left - 10, "right") if to_the_left else (right + 10, "left")
    axes.annotate(
        text,
        (at, y),
        xycoords="figure pixels",
        ha=side,
        va="center",
        fontsize=SMALL,
        color=INK["muted"],
        annotation_clip=False,
    )


def back_test_plate(tested: BackTest, words: Words) -> Plate:
    """Draw the score of every method at each vintage; that of choosing among them is the black line."""
    methods = [score.method for score in sorted(tested.scores, key=lambda score: score.method == AUTO)]
    dates = [vintage.date for vintage in tested.vintages]
    scores = {
        method: [next(s.crps for s in vintage.scores if s.method == method) for vintage in tested.vintages]
        for method in methods
    }
    limits = padded([value for values in scores.values() for value in values])

    def draw(canvas: Canvas) -> None:
        axes = dress(canvas.figure.add_axes(canvas.box(36, 100 if canvas.is_narrow else 150, 36, 48)))
        year_axis(axes, min(dates) - 0.25, max(dates) + 0.1, 4 if canvas.is_narrow else 12)
        log_axis(axes.yaxis, *limits, number_tick, 6)
        ends = []
        for place, method in enumerate(methods):
            ink = INK["ink"] if method == AUTO else series_ink(place)
            style: dict[str, Any] = {"lw": 1.5} if method != AUTO else {"lw": 2.2, "ls": (0, (2, 1.5))}
            axes.plot(dates, scores[method], color=ink, marker="o", ms=4.5, mew=0, **style)
            ends.append((dates[-1], scores[method][-1], method_name(words, method), ink))
        label_ends(axes, ends)
        name_axes(axes, words("axis.trend.vintage"), words("axis.trend.crps"))

    return plate(
        "backtest", words("alt.trend.backtest", n=len(dates)), draw, wide_height=360, narrow_height=340
    )
