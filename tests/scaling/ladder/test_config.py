import pytest

from armillary.core.errors import ConfigError
from armillary.scaling.ladder.config import parse_sizes
from armillary.scaling.ladder.tune import vertex


def test_sizes_are_a_list_or_a_geometric_range():
    assert parse_sizes("1e4, 30k,1M") == (1e4, 3e4, 1e6)
    assert parse_sizes("1e4..1e6:3") == pytest.approx((1e4, 1e5, 1e6))
    assert len(parse_sizes("1k..8k")) == 4


@pytest.mark.parametrize("text", ["", "1e4..", "9..3", "1..2:1", "-5", "0,1", "big"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ConfigError):
        parse_sizes(text)


def test_the_vertex_of_a_parabola_is_exact():
    def loss(k: float) -> float:
        return 2.0 + 0.3 * (k - 0.4) ** 2

    assert vertex({k: loss(k) for k in (-1, 0, 1)}, 0) == pytest.approx(0.4)


def test_without_a_neighbour_or_curvature_the_vertex_is_the_best_that_was_tried():
    assert vertex({-1: 3.0, 0: 2.0}, 0) == 0
    assert vertex({-1: 2.0, 0: 2.0, 1: 2.0}, 0) == 0
