"""What money buys."""

import numpy as np
import pytest

from armillary.core.errors import RequestError
from armillary.trends.affordable import affordable, probability_affordable

YEARS = np.array([2026.0, 2028.0])
COURSES = 17.0 + np.array([[0.0, 0.2], [0.1, 0.3], [0.2, 0.4]])  # log10 of FLOP per dollar


def split(flops):
    sizes = np.sqrt(flops / 120)  # 20 tokens a parameter
    return sizes, 20 * sizes


def test_ten_million_dollars_buy_what_a_hand_count_says():
    first, second = affordable(1e7, YEARS, COURSES, split)
    assert first.year == 2026.0
    assert first.train_flops.value == pytest.approx(10**24.1)
    assert first.n_params.value == pytest.approx(np.sqrt(10**24.1 / 120))
    assert 6 * first.n_params.value * first.n_tokens.value == pytest.approx(first.train_flops.value)
    assert first.train_flops.interval.low < first.train_flops.value < first.train_flops.interval.high
    assert second.train_flops.value == pytest.approx(10**24.3)


def test_probability_that_a_run_is_affordable():
    assert probability_affordable(10**24.25, 1e7, COURSES) == pytest.approx([0, 2 / 3])


def test_requests_that_cannot_be():
    with pytest.raises(RequestError, match="above zero"):
        affordable(0.0, YEARS, COURSES, split)
    with pytest.raises(RequestError, match="do not fit"):
        affordable(1e7, YEARS[:1], COURSES, split)
    with pytest.raises(RequestError, match="above zero"):
        probability_affordable(0.0, 1e7, COURSES)
