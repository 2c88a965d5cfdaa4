"""What ``trends`` prints of a projection: its growth, its breaks, the back-test, where it leads."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from armillary.cli.output import emit, table
from armillary.core.units import format_count, format_flop, format_usd

if TYPE_CHECKING:
    from armillary.fitting.uncertainty import Estimate, Interval
    from armillary.trends.band import Band
    from armillary.trends.growth import Growth, Rate
    from armillary.trends.projection import Projection
    from armillary.trends.rows import Table


def trend_facts(projection: Projection) -> dict[str, Any]:
    """Return a projection as plain values under stable names.

    Dates are decimal years, growth is in orders of magnitude (``slope``), as a factor (``per_year``) and in
    months of doubling, all values are in ``series.unit``.  ``series`` has every row with its source.  What
    is not known, or has no end, is null.
    """
    from armillary.trends.trend_file import plain

    facts: dict[str, Any] = plain(projection, not_finite=lambda _: None)
    return facts


def emit_projection(
    projection: Projection,
    quantile: tuple[float, Rate] | None,
    source: Table,
    out: Path | None,
    as_json: bool,
) -> None:
    """Print a projection, the growth of a quantile where one was asked for, and what was not used."""
    if as_json:
        from armillary.trends.trend_file import plain

        edge = quantile and {"quantile": quantile[0]} | plain(quantile[1], not_finite=lambda _: None)
        extra = {"quantile": edge, "problems": plain(source.problems), "notes": source.notes}
        extra |= {"out": out and str(out)}
        emit(trend_facts(projection) | extra, True, "")
        return
    _print_growth(projection.growth, quantile)
    _print_breaks(projection.growth)
    _print_s_curves(projection)
    _print_back_test(projection)
    _print_bands(projection)
    _print_dates(projection)
    for line in (*_problem_lines(source), *source.notes):
        print(line)
    if out is not None:
        print(out)


def _problem_lines(source: Table) -> list[str]:
    """Return one line for each reason that cells or rows were left out for."""
    reasons = Counter((problem.column, problem.reason) for problem in source.problems)
    first = {(problem.column, problem.reason): problem for problem in reversed(source.problems)}
    return [
        f"{first[key]}" + (f" (and {count - 1} more for this reason)" if count > 1 else "")
        for key, count in reasons.items()
    ]


def amount(value: float, unit: str) -> str:
    """Return a value of a series for a reader."""
    if unit.endswith("USD") and " per " not in unit:
        return format_usd(value)
    small = 1e6 if "FLOP" in unit else 9.99e14
    return format_count(value) if 0.01 <= value < small else format_flop(value)


def span(interval: Interval, spec: str = ".2f") -> str:
    """Return an interval for a reader; an open end has no number."""
    low, high = interval.low, interval.high
    if math.isinf(low) or math.isinf(high):
        return f"over {low:{spec}}" if math.isinf(high) else f"under {high:{spec}}"
    return f"{low:{spec}} to {high:{spec}}"


def month_span(estimate: Estimate) -> str:
    """Return a date and its interval in months."""
    from armillary.trends.series import month_of

    low, high = estimate.interval.low, estimate.interval.high
    until = f"to {month_of(high)}" if math.isfinite(high) else "or later"
    return f"{month_of(estimate.value)} ({month_of(low)} {until})"


def _print_growth(growth: Growth, quantile: tuple[float, Rate] | None) -> None:
    bounded = f", {growth.n_bounded} more known by bounds alone" if growth.n_bounded else ""
    print(
        f"{growth.quantity}, {growth.unit}: {growth.selection} ({growth.n_rows} rows with a value{bounded})"
    )
    rows = [_rate_row("one line", growth.overall)]
    if growth.without_bounded is not None:
        rows.append(_rate_row("  without those known by bounds", growth.without_bounded))
    if quantile is not None:
        rows.append(_rate_row(f"quantile {quantile[0]:g}", quantile[1]))
    for form in growth.forms:
        if form.date is not None:
            names = (f"{form.form}, before", f"{form.form}, after")
            rows += [_rate_row(name, rate) for name, rate in zip(names, form.rates, strict=True)]
    rows.append(_rate_row("at the end, all forms averaged", growth.latest))
    table(["", "from", "to", "a year", "90%", "doubles in months", "90%"], rows)
    print(f"rows stray from the line by {growth.scatter:.2f} orders of magnitude\n")


def _rate_row(name: str, rate: Rate) -> list[str]:
    months = rate.doubling_months
    halves = " (halves)" if months.value < 0 else ""
    return [
        name,
        f"{rate.since:.1f}",
        f"{rate.until:.1f}",
        f"{rate.per_year.value:.3g}x",
        span(rate.per_year.interval, ".3g"),
        f"{abs(months.value):.3g}{halves}",
        span(_positive(months.interval), ".3g"),
    ]


def _positive(interval: Interval) -> Interval:
    from dataclasses import replace

    return replace(interval, low=-interval.high, high=-interval.low) if interval.high < 0 else interval


def _print_breaks(growth: Growth) -> None:
    if len(growth.forms) == 1:
        print("breaks: too few rows to look for one (10 before and 10 after)\n")
        return
    best = growth.forms[0].bic
    rows = [
        [
            form.form,
            f"{form.weight:.2f}",
            f"{form.bic - best:.1f}",
            "" if form.date is None else month_span(form.date),
            "" if form.date is None or form.form == "kink" else f"x{form.jump:.3g}",
        ]
        for form in growth.forms
    ]
    table(["form", "weight", "BIC over the best", "break (90%)", "jump"], rows)
    print()


def _print_s_curves(projection: Projection) -> None:
    unit = projection.series.unit
    for curve in projection.s_curves:
        if curve.ceiling is None:
            print(f"{curve.curve}: {curve.advice}")
            continue
        low, high = (amount(end, unit) for end in (curve.ceiling.interval.low, curve.ceiling.interval.high))
        print(
            f"{curve.curve}: ceiling {amount(curve.ceiling.value, unit)} {unit} (90% {low} to {high}), "
            f"fastest growth in {month_span(curve.inflection)}"
        )
    if projection.s_curves:
        print()


def _print_back_test(projection: Projection) -> None:
    tested = projection.back_test
    if tested.vintages:
        rows = [
            [
                s.method,
                *(f"{x:.3f}" for x in (s.crps, s.error, s.bias)),
                f"{s.coverage_50:.0%}",
                f"{s.coverage_90:.0%}",
            ]
            for s in tested.scores
        ]
        print(f"back-test, {tested.horizon:g} years ahead, errors in orders of magnitude")
        table(["method", "CRPS", "error", "bias", "in 50%", "in 90%"], rows)
    print(f"chosen: {tested.verdict}")
    print(f"projected by {projection.method}: {projection.description}")
    _print_limits(projection)
    if projection.widen > 1:
        print(f"bands are {projection.widen:.2f} times as wide as fitted, as the back-test shows")
    print()


def _print_limits(projection: Projection) -> None:
    """Say what the quantity cannot pass, and when the projection would."""
    from armillary.trends.quantities import LIMITS

    unit, ceiling = projection.series.unit, projection.series.ceiling
    if ceiling is not None:
        print(f"at most {amount(ceiling, unit)} {unit}")
    limit = LIMITS.get(unit, math.inf)
    passed = [
        year for year, value in zip(projection.years, projection.trend.median, strict=True) if value > limit
    ]
    if passed:
        print(
            f"by {passed[0]:.0f} this passes {amount(limit, unit)} {unit}, all there can be: "
            "growth will bend before; state where it ends with --ceiling"
        )


def _print_bands(projection: Projection) -> None:
    last = float(projection.series.dates.max())
    years = projection.years
    shown = np.flatnonzero((years > last) & (np.abs(years - np.round(years)) < 1e-6) | (years == years[-1]))
    bands = {"trend": projection.trend, "a new row": projection.rows, "largest so far": projection.top}
    known = {name: band for name, band in bands.items() if band is not None}
    rows = [
        [f"{years[i]:.6g}" if first else "", name, *_cells(band, i, projection.series.unit)]
        for i in shown.tolist()
        for first, (name, band) in zip((True, False, False), known.items(), strict=False)
    ]
    table(["year", "", "median", "50%", "90%"], rows)
    print()


def _cells(band: Band, i: int, unit: str) -> list[str]:
    columns = (band.median, band.low_50, band.high_50, band.low_90, band.high_90)
    median, low_50, high_50, low_90, high_90 = (amount(float(column[i]), unit) for column in columns)
    return [median, f"{low_50} to {high_50}", f"{low_90} to {high_90}"]


def _print_dates(projection: Projection) -> None:
    from armillary.trends.series import month_of

    unit = projection.series.unit
    passed = [[amount(m.value, unit), month_span(m.date)] for m in projection.milestones]
    if passed:
        table(["passed", "(90%)"], passed)
        print()
    marks = [
        [month_of(mark.date), mark.name, amount(mark.value, unit), mark.source]
        for mark in projection.landmarks
    ]
    smallest = projection.growth.overall.slope.value < 0
    table(["", f"{'smallest' if smallest else 'largest'} of its day", unit, "source"], marks)
