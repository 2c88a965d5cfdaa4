import math

import pytest

from armillary.fitting.uncertainty import Interval
from armillary.reports.trend_text import (
    amount,
    amount_tick,
    duration,
    factor_span,
    month,
    quantity_meaning,
    quantity_name,
    selection_words,
    share,
    sourced,
    unit_name,
)
from armillary.reports.words import LANGUAGES, Words
from armillary.trends.record.shipped import quantities

EN, ZH = Words("en"), Words("zh")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (3.14e23, "FLOP", "3.1×10²³"),
        (7.8e7, "2023 USD", "$78M"),
        (1.75e11, "parameters", "175B"),
        (2e10, "FLOP/s per USD", "20B"),
        (math.inf, "FLOP", "∞"),
    ],
)
def test_amounts_are_written_by_their_unit(value, unit, shown):
    assert amount(value, unit) == shown


@pytest.mark.parametrize(
    ("unit", "high", "value", "shown"),
    [("2023 USD", 1e10, 1e6, "$1M"), ("FLOP", 1e17, 1e14, "10¹⁴"), ("users", 1e10, 1e8, "100M")],
)
def test_ticks_are_short(unit, high, value, shown):
    assert amount_tick(unit, high)(value) == shown


def test_every_quantity_has_a_name_and_a_meaning_in_every_language():
    for name in quantities():
        assert quantity_name(EN, name) != name
        assert {quantity_name(ZH, name), quantity_meaning(ZH, name)}.isdisjoint(
            {name, quantity_meaning(EN, name)}
        )
    assert quantity_name(ZH, "my_own") == "my_own"
    assert all(unit_name(Words(lang), "gizmos") == "gizmos" for lang in LANGUAGES)


def test_durations_dates_and_spans():
    assert duration(EN, 5.87) == "5.9 months"
    assert duration(ZH, 48) == "4 年"
    assert duration(EN, math.inf) == month(math.inf) == "∞"
    assert month(2023.7) == "2023-09"
    assert factor_span(Interval(low=3.75, high=4.506)) == "[3.75×, 4.51×]"
    assert share(math.nan) == "–"


def test_the_selection_is_told_in_words():
    rule = "running top 10, notable, domain Language, 2010-2024.4; the record of models that ships"
    assert selection_words(EN, rule) == (
        "running top 10, notable, domain Language, 2010 to 2024.4; the record of models that ships"
    )
    assert selection_words(ZH, rule) == (
        "发布时计算量居前 10 位、重要模型、领域 Language、2010 至 2024.4 年；随附的模型记录"
    )


def test_addresses_in_sources_are_links_and_the_rest_is_escaped():
    html = sourced("A <b>, https://www.example.org/x?a=1&b=2; edition 3")
    link = '<a href="https://www.example.org/x?a=1&amp;b=2" rel="noreferrer">example.org/x?a=1&amp;b=2</a>'
    assert html == f"A &lt;b&gt;, {link}; edition 3"
