import re
from dataclasses import replace
from pathlib import Path

import pytest

from armillary.reports import fit_tables, numbers
from armillary.reports.fit_page import fit_page, judge
from armillary.reports.words import Words

EN, FILE = Words("en"), Path("fit.json")


def with_back_test(fit, **changes):
    return replace(fit, back_test=replace(fit.back_test, **changes))


@pytest.fixture(scope="module")
def text(isoflop_fit):
    return fit_page([isoflop_fit], FILE, EN)


@pytest.fixture(scope="module")
def page(text, read_page):
    return read_page(text)


def test_the_record_of_the_back_test_stands_in_the_headline(page, isoflop_fit):
    record = isoflop_fit.back_test
    assert record.passed
    assert f"to within {numbers.percent(record.rmsle)}." in page.text
    assert f"predicted {len(record.steps)} larger ones" in page.text


def test_every_parameter_has_its_interval_and_the_optimum_its_certificate(page, isoflop_fit):
    intervals = isoflop_fit.draws.parameter_intervals()
    for name, value in isoflop_fit.law.to_dict().items():
        assert f"{numbers.plain(value)} [{numbers.plain(intervals[name].low)}" in page.text
    found = isoflop_fit.certificate
    assert f"{found.share_at_optimum:.0%} of {found.n_starts} screened starts" in page.text
    assert f"{found.value:.6g}" in page.text
    assert isoflop_fit.law.citation in page.text


def test_larger_budgets_are_answered_by_the_law(page, isoflop_fit):
    for scale in fit_tables.SCALES:
        size, data = fit_tables.best_split(isoflop_fit, scale * isoflop_fit.largest_compute)
        for value in (size, data):
            assert f"{numbers.count(value.value)} [{numbers.count(value.interval.low)}" in page.text


def test_every_figure_is_drawn_for_a_desk_and_for_a_phone(text):
    for name in ("law", "valleys-0", "equal-data-0", "back-test", "residuals"):
        figure = re.search(rf'<figure id="figure-{name}">.*?</figure>', text, re.DOTALL)[0]
        assert figure.count('role="img"') == 2


def test_several_families_are_compared_on_one_page(fits, read_page):
    page = read_page(fit_page(fits, FILE, EN))
    assert f"{len(fits)} of {len(fits)} families have a law" in page.text
    assert "is best at the largest compute trained" in page.text
    assert {"valleys-0", "valleys-1"} <= set(re.findall(r'id="figure-([\w-]+)"', page.source))


def test_a_law_without_sizes_has_no_valleys(read_page, isoflop_fit):
    from armillary.scaling.family import fit_family

    flat = fit_family(isoflop_fit.observations, "power-law", n_draws=100)
    page = read_page(fit_page([flat], FILE, EN))
    assert "valleys" not in page.source
    assert "Best size grows" not in page.text


def test_a_failed_back_test_is_said_first(isoflop_fit, read_page):
    failed = with_back_test(isoflop_fit, passed=False, verdict="train larger runs")
    page = read_page(fit_page([failed], FILE, EN))
    assert page.text.index("Do not extrapolate") < page.text.index("train larger runs")
    assert page.text.count("not supported") == len(fit_tables.SCALES)


def test_families_that_failed_are_named_beside_those_that_passed(fits):
    verdict = judge([with_back_test(fits[0], passed=False, verdict="add runs"), *fits[1:]], EN)
    assert verdict.status == "passed"
    assert verdict.headline.startswith("1 of 2")
    assert verdict.advice == [(EN.family(fits[0].family), "add runs")]


def test_the_chinese_page_is_whole_and_the_same_every_time(isoflop_fit, read_page):
    one, two = (fit_page([isoflop_fit], FILE, Words("zh")) for _ in range(2))
    assert one == two
    page = read_page(one)
    assert "拟合报告" in page.text
    assert "回测通过" in page.text
    for english in ("Which size is best", "parameters</text>", "How it was fitted"):
        assert english not in page.source


def test_names_are_only_ever_text(isoflop_fit, read_page):
    evil = "<script>alert(1)</script>"
    page = read_page(fit_page([replace(isoflop_fit, family=evil)], Path(f"{evil}.json".replace("/", "")), EN))
    assert page.source.count("<script>") == 1
