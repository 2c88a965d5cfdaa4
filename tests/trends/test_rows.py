"""Figures with bounds, rows and tables."""

import datetime
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.errors import DataError
from armillary.trends.rows import Amount, Date, Problem, Row, Table, latest_editions, require_rows

POSITIVE = st.floats(min_value=1e-30, max_value=1e30)


def row(name, edition="", **amounts):
    figures = {quantity: Amount.exactly(value) for quantity, value in amounts.items()}
    return Row(name=name, date=Date(day=datetime.date(2020, 7, 2)), amounts=figures, edition=edition)


@given(st.tuples(POSITIVE, POSITIVE).map(sorted), st.tuples(POSITIVE, POSITIVE).map(sorted))
def test_products_and_ratios_hold_those_of_all_values_between_the_bounds(one, other):
    a, b = Amount.between(*one), Amount.between(*other)
    product, ratio = a.times(b), a.over(b)
    for x in one:
        for y in other:
            assert product.low * (1 - 1e-12) <= x * y <= product.high * (1 + 1e-12)
            assert ratio.low * (1 - 1e-12) <= x / y <= ratio.high * (1 + 1e-12)
    assert product.value == pytest.approx(math.sqrt(math.prod(one)) * math.sqrt(math.prod(other)))


def test_bounds_alone_are_no_value():
    assert not Amount.bounded(1.0, math.inf).known
    assert Amount.exactly(2.0).known
    assert Amount.exactly(2.0).raised() == Amount.exactly(100.0)


def test_a_date_is_a_decimal_year_as_published_trends_count_it():
    assert Date(day=datetime.date(2020, 7, 2)).year == pytest.approx(2020 + 6 / 12 + 1 / 365)


def test_the_latest_edition_stays_and_the_older_is_reported():
    rows = row("a", "2022", x=1.0), row("a", "2024", x=2.0), row("b", x=3.0), row("b", x=4.0)
    kept, problems = latest_editions(rows)
    assert kept == rows[1:]
    assert [str(problem) for problem in problems] == [
        "older edition (a): edition = '2022' is superseded by 2024; left out"
    ]


def test_a_table_tells_its_quantities_and_what_was_dropped():
    cell = Problem(row="row 1", name="a", column="x", text="?", reason="is no number")
    whole = Problem(row="row 2", name="", column="date", text="", reason="is missing", dropped=True)
    table = Table(title="t", rows=(row("a", x=1.0), row("b", y=1.0, x=2.0)), problems=(cell, whole))
    assert table.quantities == ("x", "y")
    assert table.dropped == (whole,)
    assert str(whole) == "row 2 (no name): date is missing; left out"
    assert require_rows(table) is table
    with pytest.raises(DataError, match="t has no row that can be used, of 1; the first"):
        require_rows(Table(title="t", rows=(), problems=(whole,)))
