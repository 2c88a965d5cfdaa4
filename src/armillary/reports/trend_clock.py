"""Which limit stops the growth of compute first: plots and tables of bottlenecks."""

from __future__ import annotations

from markupsafe import Markup

from armillary.fitting.uncertainty import Interval
from armillary.reports import numbers
from armillary.reports.axes import dress, flop_tick, label_ends, log_axis, name_axes, padded
from armillary.reports.page import Row, Table, columns_named, spanned, with_interval
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink
from armillary.reports.trend_areas import stack
from armillary.reports.trend_labels import year_axis
from armillary.reports.trend_text import factor, month, month_span, share, sourced, unit_name
from armillary.reports.words import Words
from armillary.trends.band import Band
from armillary.trends.bottlenecks import Bottlenecks

MOST_COLUMNS = 8  # years of a table


def clock_plate(clock: Bottlenecks, words: Words) -> Plate:
    """Draw the probability that each limit has bound first by a year, on each other; above is freedom."""
    layers = [(words(f"trend.limit.{n}"), clock.binds_first[n], series_ink(i)) for i, n in _ordered(clock)]
    layers.append((words("trend.limit.none"), clock.unbound, INK["rule"]))

    def draw(canvas: Canvas) -> None:
        axes = dress(canvas.figure.add_axes(canvas.box(46, 24, 36, 32)))
        year_axis(axes, float(clock.years[0]), float(clock.years[-1]), 4 if canvas.is_narrow else 10)
        stack(axes, clock.years, layers)
        name_axes(axes, "", words("axis.trend.binds"))

    return plate("clock", words("alt.trend.clock"), draw, wide_height=340, narrow_height=320)


def _ordered(clock: Bottlenecks) -> list[tuple[int, str]]:
    """Return the limits with their number, the likeliest to bind first at the foot."""
    return sorted(enumerate(clock.binds_first), key=lambda pair: -float(clock.binds_first[pair[1]][-1]))


def limit_plate(clock: Bottlenecks, words: Words) -> Plate:
    """Draw compute demanded, with its bands, against the median that each limit allows."""
    courses = [clock.demand, *clock.limits.values()]
    heights = [float(x) for c in courses for x in (*c.median, *c.low_50, *c.high_50)]

    def draw(canvas: Canvas) -> None:
        axes = dress(canvas.figure.add_axes(canvas.box(40, 92 if canvas.is_narrow else 130, 36, 32)))
        year_axis(axes, float(clock.years[0]), float(clock.years[-1]), 4 if canvas.is_narrow else 10)
        log_axis(axes.yaxis, *padded(heights), flop_tick, 7)
        ends = []
        for index, (name, course) in enumerate(clock.limits.items()):
            ink = series_ink(index)
            axes.fill_between(clock.years, course.low_50, course.high_50, color=ink, alpha=0.1, lw=0)
            axes.plot(clock.years, course.median, color=ink, lw=1.6)
            ends.append((float(clock.years[-1]), float(course.median[-1]), words(f"trend.limit.{name}"), ink))
        axes.fill_between(
            clock.years, clock.demand.low_50, clock.demand.high_50, color=INK["ink"], alpha=0.12, lw=0
        )
        axes.plot(clock.years, clock.demand.median, color=INK["ink"], lw=2.2, ls=(0, (4, 3)))
        last = (float(clock.years[-1]), float(clock.demand.median[-1]), words("trend.demand"), INK["ink"])
        label_ends(axes, [*ends, last])
        name_axes(axes, "", words("axis.flop"))

    return plate("limits", words("alt.trend.limits"), draw, wide_height=380, narrow_height=360)


def clock_table(clock: Bottlenecks, words: Words) -> Table:
    """Return the probability that each limit has bound first by each year."""
    at = _shown(clock)
    named = [(words(f"trend.limit.{name}"), clock.binds_first[name]) for _, name in _ordered(clock)]
    named.append((words("trend.limit.none"), clock.unbound))
    rows = [Row([name, *(_probability(float(shares[i])) for i in at)]) for name, shares in named]
    columns = [words("col.trend.limit"), *(f"{clock.years[i]:.0f}" for i in at)]
    return Table(words("trend.clock.table"), columns, rows)


def _shown(clock: Bottlenecks) -> list[int]:
    step = -(-len(clock.years) // MOST_COLUMNS)
    return list(range(len(clock.years) - 1, -1, -step))[::-1]


def _probability(value: float) -> str:
    return share(value) if value == 0 else numbers.probability(value)


def limit_table(clock: Bottlenecks, words: Words) -> Table:
    """Return demand, limits and what is feasible in the last year, with 90% intervals."""
    courses = {"demand": clock.demand, **clock.limits, "feasible": clock.feasible}
    rows = [
        Row([words(f"trend.limit.{name}"), _at_end(course)], lead=name in ("demand", "feasible"))
        for name, course in courses.items()
    ]
    columns = [words("col.trend.limit"), words("col.trend.allowed", year=f"{clock.years[-1]:.0f}")]
    return Table(words("trend.limit.table"), columns, rows)


def _at_end(course: Band) -> Markup:
    span = Interval(low=float(course.low_90[-1]), high=float(course.high_90[-1]))
    return with_interval(numbers.flop(float(course.median[-1])), numbers.interval(span, numbers.flop))


def relaxed_table(clock: Bottlenecks, words: Words) -> Table:
    """Return what twice as much of each resource buys."""
    rows = [
        Row(
            [
                words(f"trend.limit.{relaxed.limit}"),
                spanned(relaxed.delay, lambda years: f"{years:.2f}"),
                spanned(relaxed.compute, factor),
                share(relaxed.never),
            ]
        )
        for relaxed in clock.relaxed
    ]
    year = f"{clock.years[-1]:.0f}"
    columns = columns_named(words, "trend.doubled trend.delay trend.buys trend.never", year=year)
    return Table(words("trend.relaxed.table"), columns, rows)


def assumption_table(clock: Bottlenecks, words: Words) -> Table:
    """Return every assumption with its spread, unit, year, source and note."""
    rows: list[Row] = []
    for limit in dict.fromkeys(assumed.limit for assumed in clock.assumptions):
        rows.append(Row([words(f"trend.limit.{limit}")], heading=True))
        for assumed in clock.assumptions:
            if assumed.limit != limit:
                continue
            span = Interval(low=assumed.low, high=assumed.high)
            fixed = assumed.low == assumed.high
            value = with_interval(_plain(assumed.median), "" if fixed else numbers.interval(span, _plain))
            year = numbers.NONE if assumed.year is None else f"{assumed.year:g}"
            note = Markup("<br>{}").format(words.said(assumed.note)) if assumed.note else ""
            cited = Markup("{}{}").format(sourced(assumed.source), note)
            name = words.either(f"trend.assumed.{assumed.name}", assumed.name)
            rows.append(Row([name, cited, value, unit_name(words, assumed.unit), year]))
    columns = columns_named(words, "trend.assumption trend.source trend.drawn trend.unit trend.year")
    return Table(words("trend.assumption.table"), columns, rows, text_columns=2)


def _plain(value: float) -> str:
    return numbers.plain(value, 3)


def clock_words(clock: Bottlenecks, words: Words) -> Markup:
    """Return which limit is likeliest to bind first, and when."""
    first = _ordered(clock)[0][1]
    chance = numbers.probability(float(clock.binds_first[first][-1]))
    limit, until = words(f"trend.limit.{first}"), f"{clock.years[-1]:.0f}"
    if clock.date is None:
        free = numbers.probability(float(clock.unbound[-1]))
        return words.rich("trend.clock.free", year=until, free=free, limit=limit, chance=chance)
    when, span = month(clock.date.value), month_span(clock.date.interval)
    return words.rich("trend.clock.bound", date=when, interval=span, limit=limit, chance=chance, year=until)
