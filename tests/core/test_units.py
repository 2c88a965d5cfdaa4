import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.errors import ConfigError
from armillary.core.units import (
    format_bytes,
    format_count,
    format_flop,
    format_seconds,
    format_usd,
    parse_count,
    parse_seconds,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("300k", 3e5),
        ("1.3B", 1.3e9),
        ("3e20", 3e20),
        ("1_000", 1000),
        ("20,000", 20000),
        (" 7M ", 7e6),
        (12, 12.0),
    ],
)
def test_counts_are_read_as_people_write_them(text, value):
    assert parse_count(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400), ("2d", 172800)]
)
def test_times_are_read_as_people_write_them(text, value):
    assert parse_seconds(text) == value


@pytest.mark.parametrize("text", ["", "much", "3 apples", "1.2.3", "1e999", "--4"])
def test_what_is_no_count_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match="a count such as"):
        parse_count(text)


@given(st.floats(min_value=1, max_value=1e14))
def test_a_formatted_count_reads_back_to_three_figures(value):
    assert parse_count(format_count(value)) == pytest.approx(value, rel=6e-3)


@given(st.floats(min_value=1e-3, max_value=1e30))
def test_a_formatted_flop_reads_back_to_two_figures(value):
    assert float(format_flop(value)) == pytest.approx(value, rel=0.06)


def test_formats():
    assert format_count(999_999) == "1M"
    assert format_flop(9.97e23) == "1.0e24"
    assert format_flop(0) == "0"
    assert format_flop(math.inf) == "inf"
    assert [format_seconds(s) for s in (3, 75, 3725)] == ["3 s", "1 min 15 s", "1 h 02 min"]
    assert format_seconds(86400 * 30) == "30 days"
    assert "years" in format_seconds(1e12)
    assert [format_bytes(b) for b in (12, 1536, 1023 * 2**10, 3 * 2**20)] == [
        "12 B",
        "1.5 KiB",
        "1023 KiB",
        "3 MiB",
    ]
    assert [format_usd(u) for u in (0, 0.003, 1.5, 1234, 2.5e7)] == [
        "$0",
        "$0.003",
        "$1.50",
        "$1,234",
        "$25M",
    ]
