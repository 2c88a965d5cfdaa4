"""What ``trends`` prints of bottlenecks, innovations, families and drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from armillary.cli.output import emit, table
from armillary.cli.trends_output import amount, month_span, span
from armillary.core.units import format_flop

if TYPE_CHECKING:
    from armillary.trends.band import Band
    from armillary.trends.bottlenecks import Bottlenecks, ReviewLimit
    from armillary.trends.drift import Drift
    from armillary.trends.families import Adoption, FamilyShares
    from armillary.trends.ledger import Comparison, Ledger
    from armillary.trends.projection import Projection
    from armillary.trends.record.innovations import Innovation


def _facts(value: Any) -> Any:
    """Return a result as plain values; what is not known, or has no end, is null."""
    from armillary.trends.trend_file import plain

    return plain(value, not_finite=lambda _: None)


def emit_bottlenecks(
    found: Bottlenecks, projection: Projection, review: ReviewLimit | None, as_json: bool
) -> None:
    """Print demand against limits, which binds first, and what relaxing each buys."""
    if as_json:
        demand = {"selection": projection.series.selection, "method": projection.method}
        emit(_facts(found) | {"demand_from": demand, "review": _facts(review)}, True, "")
        return
    print(f"demand: the largest run so far; {projection.series.selection}, by {projection.method}")
    courses = {"demand": found.demand, **found.limits, "feasible": found.feasible}
    years = range(len(found.years))
    table(
        ["FLOP, median (90%)", *(f"{year:.0f}" for year in found.years)],
        [[name, *(_at(course, i) for i in years)] for name, course in courses.items()],
    )
    print()
    rows = [[name, *(f"{share[i]:.0%}" for i in years)] for name, share in found.binds_first.items()]
    rows.append(["nothing yet", *(f"{share:.0%}" for share in found.unbound)])
    table(["binds first by", *(f"{year:.0f}" for year in found.years)], rows)
    when = month_span(found.date) if found.date else f"most draws stay free until {found.years[-1]:.0f}"
    print(f"first limit: {when}\n")
    _print_relaxations(found)
    table(
        ["assumption", "median", "90%", "unit", "source"],
        [[a.name, f"{a.median:g}", f"{a.low:g} to {a.high:g}", a.unit, a.source] for a in found.assumptions],
    )
    if review is not None:
        verdict = "binds" if review.binds else "does not bind"
        print(
            f"\nreview of decisions {verdict}: {amount(review.cost_usd, 'USD')} a year, "
            f"{review.affordable_share:.1%} of decisions can be paid for; {review.statement}"
        )


def _print_relaxations(found: Bottlenecks) -> None:
    rows = [
        [
            f"twice the {item.limit}",
            f"{item.delay.value:.2f}",
            span(item.delay.interval),
            f"x{item.compute.value:.2f}",
            f"{item.never:.0%}",
        ]
        for item in found.relaxed
    ]
    table(["", "years later", "90%", f"compute in {found.years[-1]:.0f}", "never binds then"], rows)
    print()


def _at(course: Band, i: int) -> str:
    low, high = format_flop(float(course.low_90[i])), format_flop(float(course.high_90[i]))
    return f"{format_flop(float(course.median[i]))} ({low} to {high})"


def emit_innovations(ledgers: Sequence[Ledger], comparisons: Sequence[Comparison], as_json: bool) -> None:
    """Print what innovations save together, what is not multiplied in, and measured rates beside it."""
    if as_json:
        emit({"ledgers": _facts(ledgers), "comparisons": _facts(comparisons)}, True, "")
        return
    for found in ledgers:
        ends = f"{found.low:.3g} to {found.high:.3g} at the ends of what each source tells"
        print(f"{found.resource}, {found.domain}: {found.product:.3g}x together ({ends})")
        rows = [
            [str(entry.year), entry.name, f"{entry.factor:g}x", _figure_source(entry)]
            for entry in found.counted
        ]
        if rows:
            table(["year", "innovation", "saves", "source"], rows)
        for refused in found.refused:
            print(f"not multiplied in: {refused.innovation.name}, which {refused.reason}")
        if found.without_figure:
            print(f"no figure is stated of {', '.join(entry.name for entry in found.without_figure)}")
        print()
    table(
        ["measured", "since", "until", "factor", "ledger", "explains", "source"],
        [
            [
                f"{c.progress.name} ({c.progress.edition})",
                str(c.progress.since),
                str(c.progress.until),
                f"{c.measured:.3g}x",
                f"{c.product:.3g}x",
                f"{c.share_explained:.0%}",
                c.progress.source,
            ]
            for c in comparisons
        ],
    )


def _figure_source(entry: Innovation) -> str:
    return entry.paper if entry.figure_source in ("", "the paper") else entry.figure_source


def emit_families(
    shares: FamilyShares, curves: Sequence[Adoption], problems: Mapping[str, str], as_json: bool
) -> None:
    """Print the share of each family over time and the curves of those that rose."""
    if as_json:
        facts = {"shares": _facts(shares), "adoption": _facts(curves), "problems": dict(problems)}
        emit(facts, True, "")
        return
    shown = np.flatnonzero(shares.n_models >= 3)[-12:].tolist()
    print(f"share of notable models in a window of {shares.window:g} years about each year's middle")
    rows = [[name, *(f"{shares.share[k, i]:.0%}" for i in shown)] for k, name in enumerate(shares.families)]
    rows.append(["models", *(f"{shares.n_models[i]:.0f}" for i in shown)])
    table(["", *(f"{np.floor(shares.years[i]):.0f}" for i in shown)], rows)
    print(f"{shares.untold} notable models tell no family\n" if shares.untold else "")
    table(
        ["family", "first", "half its ceiling (90%)", "ceiling", "90%", "years from 10% to 90%", "models"],
        [
            [
                curve.family,
                f"{curve.first:.1f}",
                month_span(curve.midpoint),
                f"{curve.ceiling.value:.0%}",
                span(curve.ceiling.interval),
                f"{curve.years_10_to_90.value:.1f}",
                f"{curve.n_adopted} of {curve.n_models}",
            ]
            for curve in curves
        ],
    )
    for family, problem in problems.items():
        print(f"{family}: {problem}")


def emit_drift(found: Drift, projection: Projection, as_json: bool) -> None:
    """Print which projections moved and which rows moved them."""
    if as_json:
        emit(_facts(found) | {"left": _facts(found.left), "method": projection.method}, True, "")
        return
    unit = projection.series.unit
    print(f"{found.quantity}, projected by {projection.method}: {projection.series.selection}")
    rows = [
        [
            f"{moved.year:.0f}",
            amount(moved.before, unit),
            f"{amount(moved.before_90.low, unit)} to {amount(moved.before_90.high, unit)}",
            amount(moved.after, unit),
            "left it" if moved.left_90 else "inside",
        ]
        for moved in found.moved
    ]
    table(["year", "before", "90%", "after", ""], rows)
    print(", ".join(f"{count} {kind}" for kind, count in found.counts.items() if count) or "no row changed")
    if found.came_later:
        print(
            f"{found.came_later} new rows came later than the older table's last: {found.coverage_50:.0%} "
            f"in its 50% band, {found.coverage_90:.0%} in its 90% band"
        )
    table(
        ["row", "", "before", "after", "moves the line by", "source"],
        [
            [
                change.name,
                change.kind,
                "" if change.before is None else amount(change.before, unit),
                "" if change.after is None else amount(change.after, unit),
                f"{change.shift:+.3f} orders",
                change.source,
            ]
            for change in found.changes
        ],
    )
