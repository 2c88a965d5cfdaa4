import re
from dataclasses import replace
from pathlib import Path

import pytest

from armillary.reports import numbers, plan_tables
from armillary.reports.plan_page import plan_page
from armillary.reports.words import Words

EN, FILE = Words("en"), Path("plan.json")


@pytest.fixture(scope="module")
def text(full_plan, provenance):
    return plan_page(full_plan, provenance, FILE, EN)


@pytest.fixture(scope="module")
def page(text, read_page):
    return read_page(text)


def figures(text):
    return set(re.findall(r'id="figure-([\w-]+)"', text))


def test_model_and_price_stand_at_the_top_with_their_intervals(page, full_plan):
    spending = full_plan.spending
    size, data = numbers.count(full_plan.n_params.value), numbers.count(full_plan.n_tokens.value)
    assert f"Train {size} parameters on {data} tokens." in page.text
    span = numbers.interval(full_plan.n_params.interval, numbers.count)
    assert f"Parameters {size} {span}" in page.text
    assert f"on 64 × {spending.device}" in page.text
    assert f"Price, USD {plan_tables.dollars(spending.usd.value)} " in page.text


def test_every_part_of_the_answer_has_its_place(page, full_plan):
    assert figures(page.source) == {"front", "step", "memory"}
    for section in ("front", "data", "regret", "hardware", "next", "sources", "reproduce"):
        assert f'href="#{section}"' in page.source
    for point in full_plan.iso_loss:
        assert numbers.count(point.n_params) in page.text
    assert (
        f"{numbers.percent(full_plan.draw_regret.expected_wasted_share)} of the compute on average"
        in page.text
    )
    assert f"The plan with {numbers.count(1e10)} unique tokens" in page.text
    for note in (*full_plan.notes, *full_plan.training.notes):
        assert note in page.text


def test_the_cheapest_model_over_a_lifetime_is_named(page, full_plan):
    best = full_plan.lifetime
    assert f"With 10T tokens of inference, {numbers.count(best.n_params.value)} parameters" in page.text
    assert f"with {best.saved_share.value:.0%} less compute" in page.text


def test_parts_of_a_step_and_of_memory_add_up(full_plan):
    training = full_plan.training
    assert sum(v for _, v in plan_tables.step_parts(training, EN)) > 0.95 * training.step.total
    assert sum(v for _, v in plan_tables.memory_parts(training, EN)) == pytest.approx(training.memory.total)
    assert plan_tables.memory(3 * 2.0**30) == "3 GiB"
    assert plan_tables.memory(2.0**41) == "2 TiB"


def test_a_published_law_says_that_it_has_no_intervals_and_what_others_would_lose(make_plan_of, read_page):
    plan = make_plan_of("hoffmann", 5.76e23)
    page = read_page(plan_page(plan, {}, FILE, EN))
    assert "By a published law" in page.text
    assert "Train 40.4B parameters on 2.38T tokens." in page.text
    assert "published without draws" in page.text
    regret = plan.regret[0]
    assert f"{regret.law} {numbers.count(regret.n_params)}" in page.text
    assert "besiroglu" in page.text
    assert figures(page.source) == {"front"}
    assert "Price, USD" not in page.text


def test_what_the_back_test_does_not_carry_is_marked(full_plan, read_page):
    page = read_page(plan_page(replace(full_plan, supported=False), {}, FILE, EN))
    assert "Not supported by the back-test" in page.text


def test_the_only_run_to_add_is_tagged_once(full_plan):
    table = plan_tables.next_run_table(full_plan, EN)
    tags = [row.tag for row in table.rows]
    assert tags[0] == "most telling"
    assert tags.count("most telling") == 1
    assert "family" not in table.columns  # there is one


def test_endless_intervals_are_said_so(full_plan):
    tokens = full_plan.n_tokens
    endless = replace(tokens, interval=replace(tokens.interval, high=float("inf")))
    assert "∞]" in plan_tables.told(endless, numbers.count)
    assert plan_tables.told(None, numbers.count) == numbers.NONE


def test_the_chinese_page_is_chinese_and_the_same_every_time(full_plan, provenance, read_page):
    one, two = (plan_page(full_plan, provenance, FILE, Words("zh")) for _ in range(2))
    assert one == two
    page = read_page(one)
    assert "参数的模型" in page.text
    assert 'lang="en"' not in page.source
    for english in ("What a smaller", "If the law", "with inference<", "weights<"):
        assert english not in page.source
