"""Cells as people write them."""

import contextlib
import datetime
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.errors import DataError
from armillary.trends.parsing import is_nothing, parse_amount, parse_date, slashed
from armillary.trends.rows import Amount, Date


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3.8e25", 3.8e25),
        ("3.8E+25 FLOP", 3.8e25),
        ("3.8×10^25", 3.8e25),
        ("3.8 x 10**25", 3.8e25),
        ("10²⁵", 1e25),
        ("2.1·10^(-3)", 2.1e-3),
        ("1,024", 1024),
        ("1,000,000.5", 1000000.5),
        ("1.000.000", 1e6),
        ("1.234.567,8", 1234567.8),
        ("1'234'567", 1234567),
        ("1 234 567", 1234567),
        ("1.3B", 1.3e9),
        ("$1.2 million", 1.2e6),
        ("70b parameters", 7e10),
        ("3亿", 3e8),
        ("1.5万亿", 1.5e12),
        ("3.8e25 (estimated)", 3.8e25),
        (" 12 GPUs", 12),
    ],
)
def test_plain_figures_in_many_writings(text, value):
    amount = parse_amount(text)
    assert amount.value == pytest.approx(value)
    assert amount == Amount.exactly(amount.value)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1e25-2e25", 1e25, 2e25),
        ("1e25 to 2e25", 1e25, 2e25),
        ("1e25 – 2e25", 1e25, 2e25),
        ("2.5e-3-1e-2", 2.5e-3, 1e-2),
        ("1-2B", 1e9, 2e9),
        ("3至5万亿", 3e12, 5e12),
    ],
)
def test_a_range_lies_between_its_ends(text, low, high):
    amount = parse_amount(text)
    assert (amount.low, amount.high) == pytest.approx((low, high))
    assert amount.value == pytest.approx(math.sqrt(low * high))


def test_a_decimal_comma_is_read_where_it_is_told():
    for text, value in (("0,5", 0.5), ("3,14e2", 314.0), ("1.234,5", 1234.5), ("1,234,567", 1234567)):
        assert parse_amount(text, decimal_comma=True).value == pytest.approx(value)


def test_about_is_a_factor_of_two_and_plus_minus_as_written():
    assert parse_amount("~1e25") == Amount(value=1e25, low=5e24, high=2e25)
    assert parse_amount("约 5±2") == Amount(value=5, low=1.5, high=14)
    assert parse_amount("5±2") == Amount(value=5, low=3, high=7)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("<1e26", 0, 1e26),
        ("≤ 1e26", 0, 1e26),
        ("up to 4k", 0, 4000),
        (">1e25", 1e25, math.inf),
        ("at least 1,000", 1000, math.inf),
        ("超过1亿", 1e8, math.inf),
    ],
)
def test_one_end_is_a_bound_without_a_value(text, low, high):
    amount = parse_amount(text)
    assert not amount.known
    assert (amount.low, amount.high) == (low, high)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0", "is not above zero"),
        ("-5", "is no positive number"),
        ("many", "is no positive number"),
        ("2e25-1e25", "from the larger to the smaller"),
        ("1e400", "too large"),
        ("3 bananas", "is no positive number"),
        ("64,32", "one number or two"),
        ("1.5e12,2e9", "several figures"),
        ("1±2", "below zero"),
        ("", "is no positive number"),
    ],
)
def test_what_is_no_figure_says_why(text, reason):
    with pytest.raises(DataError, match=reason):
        parse_amount(text)


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_a_printed_number_is_read_back(value):
    assert parse_amount(repr(value)).value == value
    assert parse_amount(f"{value:e}").value == pytest.approx(value, rel=1e-5)


@given(st.integers(min_value=1, max_value=10**15))
def test_thousands_separators_change_nothing(value):
    for mark in (",", "_", " ", "'"):
        assert parse_amount(f"{value:,}".replace(",", mark)).value == value


@given(st.text(max_size=30))
def test_any_text_is_a_positive_figure_or_refused(text):
    try:
        amount = parse_amount(text)
    except DataError:
        return
    assert 0 <= amount.low <= amount.high
    assert not amount.known or (0 < amount.low <= amount.value <= amount.high < math.inf)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023-05-01", "2023-05-01"),
        ("2023/5/1", "2023-05-01"),
        ("5/1/2023", "2023-05-01"),
        ("13/5/2023", "2023-05-13"),
        ("1/29/23", "2023-01-29"),
        ("1 May 2023", "2023-05-01"),
        ("May 1st, 2023", "2023-05-01"),
        ("1-Sept-2023", "2023-09-01"),
        ("20230501", "2023-05-01"),
        ("2023年5月1日", "2023-05-01"),
        ("2023-05-01 18:59:10+00:00", "2023-05-01"),
        ("2023-05-01T10:00:00Z", "2023-05-01"),
    ],
)
def test_days_in_many_writings(text, day):
    assert parse_date(text) == Date(day=datetime.date.fromisoformat(day), precision="day")


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("May 2023", "2023-05-16", "month"),
        ("2023-05", "2023-05-16", "month"),
        ("2023年5月", "2023-05-16", "month"),
        ("Q2 2023", "2023-05-16", "quarter"),
        ("2023 Q4", "2023-11-16", "quarter"),
        ("2023", "2023-07-02", "year"),
        ("2023.0", "2023-07-02", "year"),
        ("2023年", "2023-07-02", "year"),
    ],
)
def test_what_is_known_to_the_month_or_year_stands_at_its_middle(text, day, precision):
    assert parse_date(text) == Date(day=datetime.date.fromisoformat(day), precision=precision)


def test_the_order_of_day_and_month_is_as_told():
    assert parse_date("5/1/2023", "day first").day == datetime.date(2023, 1, 5)
    assert parse_date("5/1/2023", "month first").day == datetime.date(2023, 5, 1)
    assert slashed("5/1/2023") == (5, 1)
    assert slashed("2023-05-01") is None


@pytest.mark.parametrize("text", ["2023-13-01", "2023-02-30", "Foo 2023", "soon", "", "1700", "99999"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(DataError):
        parse_date(text)


@given(st.dates(min_value=datetime.date(1900, 1, 1), max_value=datetime.date(2100, 12, 30)))
def test_every_day_is_read_back_in_every_form(day):
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%d %B %Y", "%b %d, %Y", "%Y年%m月%d日", "%m/%d/%Y"):
        assert parse_date(day.strftime(form)).day == day


@given(st.text(max_size=20))
def test_any_text_is_a_date_or_refused(text):
    with contextlib.suppress(DataError):
        assert 1900 <= parse_date(text).day.year <= 2100


def test_words_for_nothing():
    assert all(is_nothing(text) for text in ("", " NaN", "n/a", "—", "Unknown", "?"))
    assert not is_nothing("0")
