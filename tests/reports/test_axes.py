from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.reports import axes as module
from armillary.reports.axes import flop_tick, log_axis, log_ticks, padded, percent_tick, spread, thin
from armillary.reports.svg import drawing, new_figure


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (2e10, 3e13, [1e11, 1e12, 1e13]),
        (1e10, 1e20, [1e10, 1e12, 1e14, 1e16, 1e18, 1e20]),
        (1.8, 4.6, [2, 2.5, 3, 3.5, 4, 4.5]),
        (1.7, 9.5, [2, 2.5, 3, 4, 5, 6, 8]),
        (3.2e10, 3.8e12, [5e10, 1e11, 2e11, 5e11, 1e12, 2e12]),
    ],
)
def test_ticks_are_round(low, high, ticks):
    assert log_ticks(low, high) == pytest.approx(ticks)


@given(st.floats(1e-6, 1e12), st.floats(1.02, 1e12), st.integers(4, 9))
def test_ticks_lie_inside_in_order_and_are_few(low, factor, most):
    ticks = log_ticks(low, low * factor, most)
    assert ticks == sorted(set(ticks))
    assert len(ticks) <= most
    assert all(low <= tick * (1 + 1e-6) and tick <= low * factor * (1 + 1e-6) for tick in ticks)


@given(st.lists(st.floats(0, 100), max_size=8), st.floats(1, 10))
def test_labels_are_spread_apart_inside_their_room(wanted, gap):
    placed = spread(wanted, gap, 0.0, 100.0)
    assert len(placed) == len(wanted)
    ordered = sorted(placed)
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(ordered))
    assert all(-1e-6 <= place <= 100 + 1e-6 for place in placed)


def test_labels_that_do_not_touch_stay_where_they_are():
    assert spread([10.0, 50.0, 30.0], 5.0, 0.0, 100.0) == pytest.approx([10, 50, 30])
    assert spread([10.0, 10.0], 6.0, 0.0, 100.0) == pytest.approx([7, 13])


def test_a_thinned_curve_keeps_its_ends_and_its_level():
    x = np.arange(1.0, 5001.0)
    xs, ys = thin(x.tolist(), (3 + x**-0.5).tolist(), most=100)
    assert len(xs) <= 100
    assert (xs[-1], ys[-1]) == (5000.0, pytest.approx(3 + 5000**-0.5))
    assert xs == sorted(xs)
    np.testing.assert_allclose(ys, 3 + np.array(xs) ** -0.5, rtol=0.02)
    assert thin([1, 2], [3, 4]) == ([1, 2], [3, 4])


def test_ticks_are_written():
    assert flop_tick(1e13) == "10¹³"
    assert flop_tick(2e13) == "2×10¹³"
    assert percent_tick(-0.005) == "−0.5%"
    assert percent_tick(0.0) == "0%"
    assert module.factor_tick(1.5) == "1.5×"
    assert module.count_tick(0) == "0"


def test_limits_leave_room():
    low, high = padded([1.0, 10.0], 0.1)
    assert (low, high) == (pytest.approx(10**-0.1), pytest.approx(10**1.1))
    low, high = module.with_room_below([1.0, 10.0], 0.25)
    free = np.log(padded([1.0, 10.0], 0.03)[0] / low) / np.log(high / low)
    assert free == pytest.approx(0.25)


def test_an_axis_takes_its_ticks():
    with drawing():
        axes = new_figure(400, 300).add_axes((0.1, 0.1, 0.8, 0.8))
        log_axis(axes.xaxis, 1e10, 1e14, flop_tick)
        labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["10¹⁰", "10¹¹", "10¹²", "10¹³", "10¹⁴"]
