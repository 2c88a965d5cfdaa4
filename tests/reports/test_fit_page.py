import re
from dataclasses import replace
from pathlib import Path

import pytest

from armillary.reports import fit_tables, numbers
from armillary.reports.fit_page import fit_page, judge
from armillary.reports.words import Words
from armillary.scaling.family import fit_family
from armillary.scaling.fit_file import FitOrigin
from armillary.scaling.observations import Dropped

EN, FILE = Words("en"), Path("fit.json")
DROPPED = tuple(Dropped(row=f"row {n}", reason="has no loss") for n in (3, 8))
ORIGIN = FitOrigin(
    dropped=DROPPED, assumptions=("n_tokens from train_flops = 6 n_params n_tokens",), provenance={}
)


def with_back_test(fit, **changes):
    return replace(fit, back_test=replace(fit.back_test, **changes))


@pytest.fixture(scope="module")
def text(isoflop_fit):
    return fit_page([isoflop_fit], ORIGIN, FILE, EN)


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


def test_what_was_dropped_is_counted_by_reason_and_assumptions_are_told(page, isoflop_fit, read_page):
    assert "2 rows were not used" in page.text
    assert "2 rows, the first row 3: has no loss" in page.text
    assert "n_tokens from train_flops" in page.text
    whole = fit_page([isoflop_fit], replace(ORIGIN, dropped=()), FILE, EN)
    assert "Every row of the data was used." in read_page(whole).text


def test_when_and_by_what_the_file_was_written_is_told(isoflop_fit, read_page, provenance):
    page = read_page(fit_page([isoflop_fit], replace(ORIGIN, provenance=provenance), FILE, EN))
    assert f"Written {provenance['created']}" in page.text


def test_a_blend_shows_each_law_with_its_weight_and_record(isoflop_fit, read_page):
    [one] = isoflop_fit.members
    other = fit_family(isoflop_fit.observations, "kaplan", n_draws=100).members[0]
    members = (replace(one, weight=0.75), replace(other, weight=0.25))
    page = read_page(fit_page([replace(isoflop_fit, members=members)], ORIGIN, FILE, EN))
    for text in ("75% of the blend", "25% of the blend", "0.75 chinchilla + 0.25 kaplan", other.law.citation):
        assert text in page.text
    assert numbers.plain(other.law.Nc) in page.text


def test_every_figure_is_drawn_for_a_desk_and_for_a_phone(text):
    for name in ("law", "valleys-0", "equal-data-0", "back-test", "residuals"):
        figure = re.search(rf'<figure id="figure-{name}">.*?</figure>', text, re.DOTALL)[0]
        assert figure.count('role="img"') == 2


def test_several_families_are_compared_on_one_page(fits, read_page):
    page = read_page(fit_page(fits, ORIGIN, FILE, EN))
    assert f"{len(fits)} of {len(fits)} families have a law" in page.text
    assert "is best at the largest compute trained" in page.text
    assert {"valleys-0", "valleys-1"} <= set(re.findall(r'id="figure-([\w-]+)"', page.source))


def test_a_law_without_sizes_has_no_valleys(read_page, isoflop_fit):
    flat = fit_family(isoflop_fit.observations, "power-law", n_draws=100)
    page = read_page(fit_page([flat], ORIGIN, FILE, EN))
    assert "valleys" not in page.source
    assert "Best size grows" not in page.text


def test_a_failed_back_test_is_said_first(isoflop_fit, read_page):
    failed = with_back_test(isoflop_fit, passed=False, verdict="train larger runs")
    page = read_page(fit_page([failed], ORIGIN, FILE, EN))
    assert page.text.index("Do not extrapolate") < page.text.index("train larger runs")
    assert page.text.count("not supported") == len(fit_tables.SCALES)


def test_families_that_failed_are_named_beside_those_that_passed(fits):
    verdict = judge([with_back_test(fits[0], passed=False, verdict="add runs"), *fits[1:]], EN)
    assert verdict.status == "passed"
    assert verdict.headline.startswith("1 of 2")
    assert verdict.advice == [(EN.family(fits[0].family), "add runs")]


def test_the_chinese_page_is_whole_and_the_same_every_time(isoflop_fit, read_page):
    one, two = (fit_page([isoflop_fit], ORIGIN, FILE, Words("zh")) for _ in range(2))
    assert one == two
    page = read_page(one)
    assert "拟合报告" in page.text
    assert "回测通过" in page.text
    for english in ("Which size is best", "parameters</text>", "How it was fitted"):
        assert english not in page.source


def test_names_are_only_ever_text(isoflop_fit, read_page):
    evil = "<script>alert(1)</script>"
    page = read_page(
        fit_page([replace(isoflop_fit, family=evil)], ORIGIN, Path(f"{evil}.json".replace("/", "")), EN)
    )
    assert page.source.count("<script>") == 1
