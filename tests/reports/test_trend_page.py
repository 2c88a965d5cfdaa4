import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armillary.reports.subject import report
from armillary.reports.trend_context import context_of
from armillary.reports.trend_page import bounded_words, break_words, judge, lead_words, trend_page
from armillary.reports.trend_text import amount, factor, factor_span, month, share
from armillary.reports.words import Words
from armillary.trends.projection import project
from armillary.trends.series import Series
from armillary.trends.trend_file import save_trend

EN, ZH, FILE = Words("en"), Words("zh"), Path("trend.json")


def history(quantity="n_params", n=48, slope=0.5, frontier=0, bounded=4):
    """Rows that grow by ``slope`` orders of magnitude a year; the last ``bounded`` have bounds alone."""
    rng = np.random.default_rng(4)
    dates = 2012 + 12 * (np.arange(n) + 0.5) / n
    values = 10 ** (6 + slope * (dates - 2012) + rng.normal(0, 0.3, n))
    low, high = values / 2, values * 2
    hidden = np.arange(n) >= n - bounded
    if bounded:
        low[-1], high[-2] = 0.0, np.inf
    return Series(
        quantity=quantity,
        unit="parameters",
        selection="notable, 2012-; the record of models that ships",
        dates=dates,
        values=np.where(hidden, np.nan, values),
        low=low,
        high=high,
        names=tuple(f"model & {i}" for i in range(n)),
        sources=tuple(f"Author {i}, https://example.org/{i}" for i in range(n)),
        frontier=frontier,
    )


@pytest.fixture(scope="module")
def projection():
    return project(history(), np.arange(2012, 2030.5, 0.5), n_draws=200)


@pytest.fixture(scope="module")
def page(projection, read_page):
    return read_page(trend_page(projection, FILE, EN))


def test_the_headline_is_growth_and_the_lede_where_it_leads(page, projection):
    rate = projection.growth.overall
    headline = judge(projection, EN).headline
    assert headline.startswith(f"The number of parameters grows {factor(rate.per_year.value)} a year")
    assert headline in page.text
    last = amount(float(projection.trend.median[-1]), "parameters")
    assert f"the trend is expected at {last} parameters in 2030" in page.text


def test_every_rate_stands_with_its_interval(page, projection):
    growth = projection.growth
    rates = [growth.overall, growth.without_bounded, growth.latest]
    rates += [rate for form in growth.forms if form.date for rate in form.rates]
    for rate in rates:
        assert f"{factor(rate.per_year.value)} {factor_span(rate.per_year.interval)}" in page.text


def test_every_row_has_its_source_as_a_link(page, projection):
    for i, source in enumerate(projection.series.sources):
        address = source.split(", ")[1]
        assert f'href="{address}"' in page.source
        assert f"model & {i} {month(float(projection.series.dates[i]))}" in page.text


def test_rows_known_by_bounds_show_them_and_what_they_change(page, projection):
    series = projection.series
    assert f"≤ {amount(float(series.high[-1]), 'parameters')}" in page.text
    assert f"≥ {amount(float(series.low[-2]), 'parameters')}" in page.text
    low, high = (amount(float(end[-3]), "parameters") for end in (series.low, series.high))
    assert f"{low} – {high}" in page.text
    without = projection.growth.without_bounded
    assert f"<b>{factor(without.per_year.value)}</b>" in bounded_words(projection.growth, EN)


def test_the_back_test_has_every_method_and_vintage(page, projection):
    tested = projection.back_test
    assert len(tested.vintages) > 3
    for vintage in tested.vintages:
        assert f"{month(vintage.date)}: {vintage.n_known} rows known, {vintage.n_scored} scored" in page.text
    for score in tested.scores:
        cells = f"{score.crps:.3f} {score.error:.3f} {score.bias:.3f}".replace("-", "−")
        assert f"{cells} {share(score.coverage_50)} {share(score.coverage_90)}" in page.text
    assert f"{abs(tested.lead):.3f} ± {tested.lead_error:.3f}" in lead_words(tested, EN)


def test_breaks_are_told_with_their_weight_and_interval(page, projection):
    growth = projection.growth
    straight = sum(form.weight for form in growth.forms if form.form == "straight")
    said = str(break_words(growth, EN))
    assert (share(straight) if straight >= 0.5 else share(1 - straight)) in said
    for form in growth.forms:
        assert f"{share(form.weight)}" in page.text
        if form.date:
            assert month(form.date.interval.low) in page.text


def test_plots_stand_for_what_there_is(page, projection, read_page):
    figures = re.findall(r'id="figure-([\w-]+)"', page.source)
    assert figures == ["record", "rates", "profile", "backtest"]
    for mark in projection.landmarks[-2:]:
        assert mark.name.replace("&", "&amp;") in page.source
    short = project(history(n=7, bounded=0), np.array([2025.0, 2026.0]), n_draws=50)
    bare = read_page(trend_page(short, FILE, EN))
    assert re.findall(r'id="figure-([\w-]+)"', bare.source) == ["record", "rates"]
    assert judge(short, EN).status == "untested"
    assert "too few rows to hold any out" in bare.text


def test_a_frontier_leads_to_the_largest_so_far(read_page):
    frontier = project(history(frontier=3), np.arange(2012, 2029.0), n_draws=100)
    text = read_page(trend_page(frontier, FILE, EN)).text
    assert f"the largest so far is expected at {amount(float(frontier.top.median[-1]), 'parameters')}" in text


def test_what_falls_halves(read_page):
    falling = project(history(slope=-0.3), np.arange(2012, 2029.0), n_draws=100)
    assert "it halves every" in judge(falling, EN).headline
    assert "halves in" in read_page(trend_page(falling, FILE, EN)).text


def test_where_a_break_has_most_weight_the_lede_says_what_growth_is_at_the_end(projection):
    growth = projection.growth
    heavy = [replace(form, weight=0.2 if form.form == "straight" else 0.4) for form in growth.forms]
    bent = replace(projection, growth=replace(growth, forms=tuple(heavy)))
    latest = growth.latest.per_year
    said = f"carry 80% of the weight, and all together put growth at the end at {factor(latest.value)} a year"
    assert said in judge(bent, EN).lede
    light = [replace(form, weight=0.8 if form.form == "straight" else 0.1) for form in growth.forms]
    steady = replace(projection, growth=replace(growth, forms=tuple(light)))
    assert "of the weight" not in judge(steady, EN).lede
    assert "80%" in break_words(steady.growth, EN)


def test_a_projection_that_beats_no_growth_passes_and_another_is_not_believed(projection):
    assert judge(projection, EN).status == "passed"
    flat = [replace(s, crps=0.0) if s.method == "no-growth" else s for s in projection.back_test.scores]
    doubted = replace(projection, back_test=replace(projection.back_test, scores=tuple(flat)))
    verdict = judge(doubted, EN)
    assert verdict.status == "unsupported"
    assert "no better in the past" in verdict.advice[0][1]


def test_chinese_has_no_english_sentence(projection, compute, read_page):
    left = re.findall(r'<span lang="en">([^<]*)', trend_page(compute, FILE, ZH))
    assert left == [], "translate them in sentences.json"
    page = read_page(trend_page(projection, FILE, ZH))
    assert 'lang="en"' not in page.source
    assert "重要模型、2012 年起；随附的模型记录" in page.text
    assert "参数量每年增至" in page.text


@pytest.fixture(scope="module")
def compute():
    return project(history(quantity="training_flop", frontier=5), np.arange(2012, 2030.0), n_draws=200)


def test_limits_families_and_innovations_stand_around_compute(compute, read_page):
    context = context_of(compute)
    page = read_page(trend_page(compute, FILE, EN))
    figures = re.findall(r'id="figure-([\w-]+)"', page.source)
    assert figures[4:] == ["clock", "limits", "families", "adoption", "ledger"]
    for assumed in context.clock.assumptions:
        assert assumed.source.split("http")[0].strip(" ,") in page.text
    for name, course in context.clock.binds_first.items():
        assert f"{EN(f'trend.limit.{name}')} " in page.text
        assert 0 <= course[-1] <= 1
    for comparison in context.comparisons:
        assert f"{factor(comparison.product)} {factor(comparison.measured)}" in page.text
    for entry in context.ledgers[0].counted:
        assert entry.paper.split(", http")[0] in page.text
    for refused in context.ledgers[0].refused:
        assert refused.reason in page.text


def test_other_quantities_have_no_limits_and_far_ends_no_clock(projection, compute):
    assert context_of(projection) is None
    near = replace(compute, years=compute.years[compute.years <= 2024.0])
    assert context_of(near).clock is None


def test_a_trend_that_is_no_frontier_is_held_against_that_of_the_record(read_page):
    whole = project(history(quantity="training_flop"), np.arange(2012, 2031.0), n_draws=100)
    assert context_of(whole).demand.series.frontier == 10
    assert "running top 10" in read_page(trend_page(whole, FILE, EN)).text


def test_report_knows_a_trend_by_its_content(projection, tmp_path):
    save_trend(projection, tmp_path / "t.json")
    page = report(tmp_path / "t.json", tmp_path / "t.html").read_text(encoding="utf-8")
    assert judge(projection, EN).headline in page
