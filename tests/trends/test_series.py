import dataclasses
import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.errors import DataError
from armillary.trends.series import Series, decimal_year, month_of


def series(values, low=None, high=None, dates=None) -> Series:
    values = np.asarray(values, dtype=float)
    return Series(
        quantity="training_flop",
        unit="FLOP",
        selection="all",
        dates=np.arange(2010.0, 2010 + len(values)) if dates is None else np.asarray(dates, dtype=float),
        values=values,
        low=values if low is None else np.asarray(low, dtype=float),
        high=values if high is None else np.asarray(high, dtype=float),
        names=tuple(f"row {i}" for i in range(len(values))),
        sources=("told",) * len(values),
    )


def test_decimal_years_are_those_of_the_published_fits():
    assert decimal_year(datetime.date(2018, 1, 1)) == 2018
    assert decimal_year(datetime.date(2012, 9, 30)) == pytest.approx(2012 + 8 / 12 + 29 / 365)


@given(st.dates(datetime.date(1940, 1, 1), datetime.date(2100, 1, 1)))
def test_first_of_a_month_lies_in_that_month(date):
    first = date.replace(day=1)
    assert month_of(decimal_year(first)) == f"{first.year}-{first.month:02d}"


def test_windows_keep_rows_together():
    kept = series([1, 2, np.nan, 4], low=[1, 1, 1, 4], high=[1, 3, np.inf, 4]).since(2011).until(2012)
    assert kept.names == ("row 1", "row 2")
    assert kept.exact.tolist() == [True, False]
    assert kept.known().values.tolist() == [2]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"values": [1, -1]}, "not positive"),
        ({"values": [1, 1], "dates": [2010, np.nan]}, "no date"),
        ({"values": [np.nan, 1], "low": [3, 1], "high": [2, 1]}, "out of order"),
        ({"values": [1, 5], "low": [1, 1], "high": [1, 2]}, "outside its bounds"),
        ({"values": [1, 5], "low": [1, 0], "high": [1, 9]}, "not bounded"),
    ],
)
def test_rows_that_cannot_be_are_named(columns, reason):
    with pytest.raises(DataError, match=reason):
        series(**columns)


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(DataError, match="same length"):
        dataclasses.replace(series([1, 2]), names=("one",))
