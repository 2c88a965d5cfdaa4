"""The tables of a trend: growth, forms, projections, back-test, and the rows that all of it stands on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from markupsafe import Markup, escape

from armillary.fitting.uncertainty import Interval
from armillary.reports import numbers
from armillary.reports.page import Row, Table, columns_named, spanned, with_interval
from armillary.reports.trend_text import (
    amount,
    amount_form,
    duration,
    factor,
    factor_span,
    method_name,
    month,
    month_cell,
    orders,
    share,
    sourced,
    unit_name,
)
from armillary.reports.words import Words
from armillary.trends.back_test import AUTO, BackTest, Score
from armillary.trends.band import Band
from armillary.trends.growth import Growth, Rate
from armillary.trends.projection import Projection
from armillary.trends.scurves import SCurveFit
from armillary.trends.series import Series


def named_rates(growth: Growth, words: Words) -> list[tuple[str, Rate]]:
    """Return every rate of growth with its name: of one line, of each form's lines, at the end."""
    rates = [(words("trend.rate.overall"), growth.overall)]
    if growth.without_bounded is not None:
        rates.append((words("trend.rate.without"), growth.without_bounded))
    for form in growth.forms:
        if form.date is not None:
            name = words(f"trend.form.{form.form}")
            before, after = form.rates
            rates.append((words("trend.rate.before", form=name, date=month(form.date.value)), before))
            rates.append((words("trend.rate.after", form=name, date=month(form.date.value)), after))
    return [*rates, (words("trend.rate.latest"), growth.latest)]


def growth_table(growth: Growth, words: Words) -> Table:
    """Return growth a year and the time of doubling, each over its span of dates, with 90% intervals."""
    rows = [
        Row(
            [
                name,
                _span(rate),
                with_interval(factor(rate.per_year.value), factor_span(rate.per_year.interval)),
                _doubling(rate, words),
            ],
            lead=rate is growth.overall,
        )
        for name, rate in named_rates(growth, words)
    ]
    columns = columns_named(words, "trend.rate trend.span trend.per_year trend.doubling")
    return Table(words("trend.growth.table"), columns, rows, text_columns=2)


def _span(rate: Rate) -> str:
    if rate.since == rate.until:
        return month(rate.since)
    return f"{month(rate.since)} – {month(rate.until)}"


def _doubling(rate: Rate, words: Words) -> Markup:
    """Return the cell of a doubling time; one of halving says so, and its months are positive."""
    months, span = rate.doubling_months.value, rate.doubling_months.interval
    halves = months < 0
    if halves:
        span = replace(span, low=-span.high, high=-span.low)
    shown = duration(words, abs(months))
    text = words("trend.halves", time=shown) if halves else shown
    return with_interval(text, doubling_span(words, span))


def doubling_span(words: Words, span: Interval) -> str:
    """Return an interval of the time of doubling; with an infinite end, growth may be none."""
    low, high = (duration(words, abs(end)) for end in (span.low, span.high))
    return f"[{low}, {high}]"


def form_table(growth: Growth, words: Words) -> Table:
    """Return the forms of the trend that were compared, the most supported first."""
    best = min(form.bic for form in growth.forms)
    rows = [
        Row(
            [
                words(f"trend.form.{form.form}"),
                share(form.weight),
                orders(form.bic - best, 1),
                numbers.NONE if form.date is None else month_cell(form.date),
                factor(form.jump) if form.form == "jump" else numbers.NONE,
            ]
        )
        for form in growth.forms
    ]
    columns = columns_named(words, "trend.form weight trend.bic trend.break trend.jump")
    return Table(words("trend.form.table"), columns, rows)


def projection_table(projection: Projection, words: Words) -> Table:
    """Return the trend and a new row at each whole year after the last row, and in the last year."""
    years, last = projection.years, float(projection.series.dates.max())
    whole = np.abs(years - np.round(years)) < 1e-6
    bands = [projection.trend, projection.rows, *([projection.top] if projection.top is not None else [])]
    rows = [
        Row([f"{years[i]:.6g}", *(_band_cell(band, int(i), projection.series.unit) for band in bands)])
        for i in np.flatnonzero((years > last) & (whole | (years == years[-1])))
    ]
    names = "trend.year trend.of_trend trend.of_row" + (" trend.of_top" if projection.top is not None else "")
    caption = words("trend.projection.table", unit=unit_name(words, projection.series.unit))
    return Table(caption, columns_named(words, names), rows, stacked=True)


def _band_cell(band: Band, i: int, unit: str) -> Markup:
    """Return a median with its 90% interval."""
    span = Interval(low=float(band.low_90[i]), high=float(band.high_90[i]))
    form = amount_form(unit)
    return with_interval(form(float(band.median[i])), numbers.interval(span, form))


def milestone_table(projection: Projection, words: Words) -> Table | None:
    """Return when each power of ten ahead is passed; None where none is."""
    unit = projection.series.unit
    rows = [Row([amount(m.value, unit), month_cell(m.date)]) for m in projection.milestones]
    if not rows:
        return None
    columns = [words("col.trend.passes", unit=unit_name(words, unit)), words("col.trend.when")]
    return Table(words("trend.milestones.table"), columns, rows)


def landmark_table(projection: Projection, words: Words) -> Table:
    """Return the rows named in the plot, with their sources."""
    unit = projection.series.unit
    rows = [
        Row([mark.name, month(mark.date), amount(mark.value, unit), sourced(mark.source)])
        for mark in projection.landmarks
    ]
    columns = columns_named(
        words, "trend.name trend.date trend.value trend.source", unit=unit_name(words, unit)
    )
    falling = projection.growth.overall.slope.value < 0
    return Table(words("trend.landmarks.smallest" if falling else "trend.landmarks.table"), columns, rows)


def score_table(tested: BackTest, words: Words) -> Table:
    """Return the score of every method over all vintages, the best first."""
    rows = [
        Row(
            [method_name(words, score.method), *_score_cells(score)],
            tag=words("trend.chosen") if score.method == tested.chosen else "",
            lead=score.method == AUTO,
        )
        for score in tested.scores
    ]
    caption = words("trend.score.table", years=f"{tested.horizon:g}")
    return Table(caption, columns_named(words, f"trend.method {_SCORES}"), rows)


_SCORES = "trend.crps trend.error trend.bias trend.in_50 trend.in_90"


def _score_cells(score: Score) -> list[str]:
    errors = [orders(value, 3) for value in (score.crps, score.error, score.bias)]
    return [*errors, share(score.coverage_50), share(score.coverage_90)]


def vintage_table(tested: BackTest, words: Words) -> Table:
    """Return how each method did on the rows after each vintage."""
    rows = []
    for vintage in tested.vintages:
        heading = words(
            "trend.vintage", date=month(vintage.date), known=vintage.n_known, scored=vintage.n_scored
        )
        rows.append(Row([heading], heading=True))
        rows += [Row([method_name(words, score.method), *_score_cells(score)]) for score in vintage.scores]
    return Table(words("trend.vintage.table"), columns_named(words, f"trend.method {_SCORES}"), rows)


def s_curve_table(curves: tuple[SCurveFit, ...], unit: str, words: Words) -> Table | None:
    """Return the ceilings of S-curves, as far as the data know of one; None where no curve was fitted."""
    if not curves:
        return None
    form = amount_form(unit)
    rows = []
    for curve in curves:
        cited = Markup("{}<br><small>{}</small>").format(curve.formula, curve.citation)
        ceiling = (
            escape(words("trend.ceiling.least", value=form(curve.ceiling_at_least)))
            if curve.ceiling is None
            else spanned(curve.ceiling, form)
        )
        rows.append(
            Row(
                [
                    method_name(words, curve.curve),
                    cited,
                    ceiling,
                    month_cell(curve.inflection),
                    orders(curve.scatter),
                ]
            )
        )
    columns = columns_named(words, "trend.curve formula trend.ceiling trend.inflection trend.scatter")
    return Table(words("trend.s_curves.table", unit=unit_name(words, unit)), columns, rows, text_columns=2)


def bounded_table(series: Series, words: Words) -> Table | None:
    """Return the rows known by bounds alone; None where there are none."""
    rows = [_source_row(series, int(i)) for i in np.flatnonzero(~series.exact)[::-1]]
    return Table(words("trend.bounded.table"), _source_columns(series, words), rows) if rows else None


def source_table(series: Series, words: Words) -> Table:
    """Return every row with its value, or its bounds, and its source, the latest first."""
    order = np.argsort(-series.dates, kind="stable")
    rows = [_source_row(series, int(i)) for i in order]
    caption = words("trend.sources.table", n=len(series), known=int(series.exact.sum()))
    return Table(caption, _source_columns(series, words), rows)


def _source_columns(series: Series, words: Words) -> list[str]:
    names = "trend.name trend.date trend.value trend.source"
    return columns_named(words, names, unit=unit_name(words, series.unit))


def _source_row(series: Series, i: int) -> Row:
    value, low, high = (float(column[i]) for column in (series.values, series.low, series.high))
    form = amount_form(series.unit)
    if not np.isnan(value):
        shown: str = form(value)
    elif low == 0:
        shown = f"≤ {form(high)}"
    else:
        shown = f"{form(low)} – {form(high)}" if np.isfinite(high) else f"≥ {form(low)}"
    return Row([series.names[i], month(float(series.dates[i])), shown, sourced(series.sources[i])])
