import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.reports.plate import Canvas
from armillary.reports.svg import drawing, new_figure
from armillary.reports.trend_labels import Box, place_names, shortened, text_width, year_axis

ROOM = Box(0, 0, 600, 400)
ANCHORS = st.lists(st.tuples(st.floats(0, 600), st.floats(0, 400)), max_size=12)


@given(ANCHORS, st.text("abc模", min_size=1, max_size=26))
def test_names_never_meet_and_never_leave_the_room(anchors, name):
    boxes = place_names(anchors, [name] * len(anchors), ROOM, np.empty((0, 2)), 12)
    placed = [box for box in boxes if box is not None]
    assert len(boxes) == len(anchors)
    assert all(box.within(ROOM) for box in placed)
    assert not any(a.meets(b) for i, a in enumerate(placed) for b in placed[:i])


def test_a_name_evades_points_where_it_can():
    anchor, crowd = (300.0, 200.0), np.array([[280.0, 208.0], [270.0, 210.0]])
    free = place_names([anchor], ["name"], ROOM, np.empty((0, 2)), 12)[0]
    evading = place_names([anchor], ["name"], ROOM, crowd, 12)[0]
    assert free.covered(crowd) > 0
    assert evading.covered(crowd) == 0


def test_a_name_without_room_is_left_out():
    assert place_names([(5.0, 5.0)], ["a long name"], Box(0, 0, 20, 20), np.empty((0, 2)), 12) == [None]


def test_chinese_is_wider_and_long_names_are_cut():
    assert text_width("模型", 12) == pytest.approx(24)
    assert text_width("ab", 12) < text_width("模型", 12)
    assert shortened("GPT-4") == "GPT-4"
    assert len(shortened("A very long name of a model (2024)")) <= 26
    assert shortened("A very long name of a model (2024)").endswith("…")


@pytest.mark.parametrize(("low", "high", "years"), [(2010.2, 2030, 4), (1950, 2026.5, 7), (2027, 2030, 4)])
def test_years_are_whole_and_few(low, high, years):
    with drawing():
        axes = Canvas(new_figure(400, 200), 400, 200).figure.add_axes((0.1, 0.1, 0.8, 0.8))
        year_axis(axes, low, high, 8)
        ticks = axes.get_xticks()
    assert all(tick == int(tick) and low <= tick <= high for tick in ticks)
    assert years <= len(ticks) <= 9
