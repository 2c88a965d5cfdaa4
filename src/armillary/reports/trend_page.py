"""The report of a trend: how fast, since when, how far to believe it, where it leads, and what stops it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from armillary.reports import (
    numbers,
    trend_clock,
    trend_families,
    trend_figures,
    trend_ledger,
    trend_tables,
)
from armillary.reports.page import Stat, render
from armillary.reports.trend_context import context_of
from armillary.reports.trend_text import (
    amount_form,
    duration,
    factor,
    factor_span,
    method_name,
    month,
    month_span,
    orders,
    quantity_meaning,
    quantity_name,
    selection_words,
    share,
    unit_name,
)
from armillary.reports.verdict import Status, Verdict
from armillary.reports.words import Words
from armillary.trends.back_test import LEAST_VINTAGES, BackTest
from armillary.trends.band import Band
from armillary.trends.bottlenecks import Bottlenecks
from armillary.trends.growth import Growth
from armillary.trends.projection import Projection

MOST = 0.5  # of the weight: a straight line that has it is not said to have bent
FORWARD, BACK = "trend.grows", "trend.falls"


def trend_page(projection: Projection, path: Path, words: Words) -> str:
    """Return the page about ``projection``, which ``path`` holds."""
    series = projection.series
    view = _record(projection, words) | _evidence(projection, words) | _around(projection, words)
    view |= {
        "p": projection,
        "file": path.name,
        "name": quantity_name(words, series.quantity),
        "meaning": quantity_meaning(words, series.quantity),
        "selection": selection_words(words, series.selection),
        "verdict": judge(projection, words),
        "stats": _stats(projection, words),
        "sources": trend_tables.source_table(series, words),
        "until": f"{projection.years[-1]:g}",
    }
    return render("trend.html", words, **view, sections=_sections(view))


def _record(projection: Projection, words: Words) -> dict[str, Any]:
    """What a reader in a hurry reads: the record, growth, where it leads."""
    growth, unit = projection.growth, projection.series.unit
    return {
        "record": trend_figures.record_plate(projection, words),
        "record_more": _legend(projection, words),
        "rates": trend_figures.rates_plate(growth, words),
        "growth": trend_tables.growth_table(growth, words),
        "projections": trend_tables.projection_table(projection, words),
        "milestones": trend_tables.milestone_table(projection, words),
        "landmarks": trend_tables.landmark_table(projection, words),
        "s_curves": trend_tables.s_curve_table(projection.s_curves, unit, words),
        "method": method_name(words, projection.method),
    }


def _evidence(projection: Projection, words: Words) -> dict[str, Any]:
    """What a sceptic reads: breaks, rows known by bounds, the back-test."""
    growth, tested = projection.growth, projection.back_test
    bent = bool(len(growth.profile_dates))
    return {
        "profile": trend_figures.profile_plate(growth, words) if bent else None,
        "forms": trend_tables.form_table(growth, words) if bent else None,
        "break_words": break_words(growth, words),
        "bounded": trend_tables.bounded_table(projection.series, words),
        "bounded_words": bounded_words(growth, words),
        "backtest": trend_figures.back_test_plate(tested, words) if tested.vintages else None,
        "scores": trend_tables.score_table(tested, words) if tested.vintages else None,
        "vintages": trend_tables.vintage_table(tested, words) if tested.vintages else None,
        "lead_words": lead_words(tested, words),
        "widened": words("trend.widened", n=numbers.plain(projection.widen, 3))
        if projection.widen > 1
        else "",
    }


def _around(projection: Projection, words: Words) -> dict[str, Any]:
    """What stands around a trend of training compute: limits, architectures, innovations."""
    context = context_of(projection)
    if context is None:
        return {"context": None, "clock": None}
    clock = _clock(context.clock, words) if context.clock else None
    rule = selection_words(words, context.demand.series.selection)
    return {
        "context": context,
        "clock": clock,
        "demand_words": words(
            "trend.clock.demand", selection=rule, method=method_name(words, context.demand.method)
        ),
        "shares": trend_families.share_plate(context.shares, words),
        "share_table": trend_families.share_table(context.shares, words),
        "adoption": trend_families.adoption_plate(context.shares, context.adoptions, words),
        "adoptions": trend_families.adoption_table(context.adoptions, words),
        "compared": trend_ledger.comparison_plate(context.comparisons, words),
        "comparisons": trend_ledger.comparison_table(context.comparisons, words),
        "ledgers": trend_ledger.ledger_table(context.ledgers, words),
    }


def _clock(clock: Bottlenecks, words: Words) -> dict[str, Any]:
    return {
        "words": trend_clock.clock_words(clock, words),
        "plate": trend_clock.clock_plate(clock, words),
        "table": trend_clock.clock_table(clock, words),
        "limits": trend_clock.limit_plate(clock, words),
        "allowed": trend_clock.limit_table(clock, words),
        "relaxed": trend_clock.relaxed_table(clock, words),
        "assumptions": trend_clock.assumption_table(clock, words),
    }


def _sections(view: Mapping[str, Any]) -> list[str]:
    context = view["context"]
    optional = {"breaks": view["profile"], "bounds": view["bounded"], "clock": view["clock"]}
    optional |= {"families": context, "ledger": context}
    names = ["record", "growth", "ahead", "breaks", "bounds", "backtest"]
    names += ["clock", "families", "ledger", "rows", "reproduce"]
    return [name for name in names if name not in optional or optional[name] is not None]


def judge(projection: Projection, words: Words) -> Verdict:
    """Return what growth is, whether the back-test carries a projection, and where that leads."""
    growth, tested = projection.growth, projection.back_test
    series, rate = projection.series, growth.overall
    headline = words(
        BACK if rate.slope.value < 0 else FORWARD,
        quantity=quantity_name(words, series.quantity),
        factor=factor(rate.per_year.value),
        time=duration(words, abs(rate.doubling_months.value)),
    )
    lede = words.rich(
        "trend.lede",
        n=growth.n_rows,
        bounded=words("trend.lede.bounded", n=growth.n_bounded) if growth.n_bounded else "",
        since=month(rate.since),
        until=month(rate.until),
        bent=_bent(growth, words),
        method=method_name(words, projection.method),
        what=words("trend.the_top" if projection.top is not None else "trend.the_trend"),
        **_ahead(projection, words),
    )
    status, advice = _status(tested), []
    if status == "unsupported":
        advice = [("", words("trend.unsupported"))]
    return Verdict(status, headline, lede, advice)


def _bent(growth: Growth, words: Words) -> str:
    """Return what a reader of the one line has to know where it is not the best form; else nothing."""
    straight = _straight(growth)
    if straight >= MOST:
        return ""
    latest = growth.latest.per_year
    shown = {"latest": factor(latest.value), "span": factor_span(latest.interval)}
    return words("trend.lede.bent", weight=share(1 - straight), **shown)


def _straight(growth: Growth) -> float:
    """Return the weight of a straight line."""
    return sum(form.weight for form in growth.forms if form.form == "straight")


def _status(tested: BackTest) -> Status:
    """A projection passes where choosing as it did would have beaten no growth; few vintages do not say."""
    if len(tested.vintages) < LEAST_VINTAGES:
        return "untested"
    score = {score.method: score.crps for score in tested.scores}
    return "passed" if score["auto"] < score["no-growth"] else "unsupported"


def _last(band: Band, unit: str) -> tuple[str, str]:
    """Return the last median and its 90% interval."""
    form = amount_form(unit)
    low, high = (form(float(end[-1])) for end in (band.low_90, band.high_90))
    return form(float(band.median[-1])), f"[{low}, {high}]"


def _ahead(projection: Projection, words: Words) -> dict[str, str]:
    band = projection.trend if projection.top is None else projection.top
    value, span = _last(band, projection.series.unit)
    unit = unit_name(words, projection.series.unit)
    return {"value": value, "interval": span, "unit": unit, "year": f"{projection.years[-1]:g}"}


def _stats(projection: Projection, words: Words) -> list[Stat]:
    growth = projection.growth
    overall, latest = growth.overall, growth.latest
    span = trend_tables.doubling_span(words, overall.doubling_months.interval)
    halves = overall.slope.value < 0
    ahead = _ahead(projection, words)
    return [
        Stat(
            words("stat.trend.growth"), factor(overall.per_year.value), factor_span(overall.per_year.interval)
        ),
        Stat(
            words("stat.trend.halving" if halves else "stat.trend.doubling"),
            duration(words, abs(overall.doubling_months.value)),
            "" if halves else span,
        ),
        Stat(
            words("stat.trend.latest"), factor(latest.per_year.value), factor_span(latest.per_year.interval)
        ),
        Stat(
            words("stat.trend.ahead", year=ahead["year"]),
            ahead["value"],
            f"{ahead['unit']} {ahead['interval']}",
        ),
    ]


def _legend(projection: Projection, words: Words) -> str:
    """Return what else the plot of the record shows, as far as it does."""
    shown = {
        "trend.record.top": projection.top is not None,
        "trend.record.bounded": bool(projection.growth.n_bounded),
        "trend.record.breaks": bool(trend_figures.bent_forms(projection.growth, trend_figures.SHOWN_WEIGHT)),
    }
    return " ".join(words(key) for key, holds in shown.items() if holds)


def break_words(growth: Growth, words: Words) -> Markup | str:
    """Return whether the record bent, and how sure that is."""
    bent = trend_figures.bent_forms(growth)
    if not bent:
        return ""
    best, straight = bent[0], _straight(growth)
    assert best.date is not None  # it is bent
    key = "trend.bent" if straight < MOST else "trend.straight"
    return words.rich(
        key,
        bent=share(1 - straight),
        straight=share(straight),
        form=words(f"trend.form.{best.form}"),
        date=month(best.date.value),
        interval=month_span(best.date.interval),
        before=factor(best.rates[0].per_year.value),
        after=factor(best.rates[1].per_year.value),
        span=factor_span(best.rates[1].per_year.interval),
    )


def bounded_words(growth: Growth, words: Words) -> Markup | str:
    """Return what rows known by bounds alone change of growth."""
    if growth.without_bounded is None:
        return ""
    with_them, without = growth.overall.per_year, growth.without_bounded.per_year
    return words.rich(
        "trend.bounds.change",
        n=growth.n_bounded,
        value=factor(with_them.value),
        interval=factor_span(with_them.interval),
        without=factor(without.value),
        span=factor_span(without.interval),
    )


def lead_words(tested: BackTest, words: Words) -> Markup | str:
    """Return by how much the chosen method beats the others, and how well choosing so would have done."""
    if not tested.vintages:
        return words("trend.untested")
    score = {score.method: score for score in tested.scores}
    auto = score["auto"]
    said = words.rich(
        "trend.lead",
        chosen=method_name(words, tested.chosen),
        rival=method_name(words, tested.rival),
        side=words("trend.ahead_of" if tested.lead > 0 else "trend.behind"),
        lead=orders(abs(tested.lead), 3),
        error=orders(tested.lead_error, 3),
    )
    record = words.rich(
        "trend.lead.record",
        n=len(tested.vintages),
        since=month(tested.vintages[0].date),
        until=month(tested.vintages[-1].date),
        auto=orders(auto.crps),
        times=numbers.times(10**auto.error) if math.isfinite(auto.error) else "∞",
        straight=orders(score["straight"].crps),
        none=orders(score["no-growth"].crps),
        inside=share(auto.coverage_90),
    )
    return Markup("{} {}").format(said, record)
