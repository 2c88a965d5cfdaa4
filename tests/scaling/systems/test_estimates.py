import math

import numpy as np
import pytest

from armillary.scaling.systems.estimates import between, exact, inverse, product, scaled, within


def test_a_known_factor_scales_value_and_bounds():
    estimate = product(between(2.0, 1.0, 3.0), exact(5.0))
    assert (estimate.value, estimate.interval.low, estimate.interval.high) == pytest.approx((10.0, 5.0, 15.0))
    same = scaled(between(2.0, 1.0, 3.0), 5.0)
    assert same.interval.low == pytest.approx(estimate.interval.low)
    assert same.interval.high == pytest.approx(estimate.interval.high)


def test_log_normal_factors_multiply_as_their_draws_do():
    rng = np.random.default_rng(0)
    draws = 3 * np.exp(0.2 * rng.standard_normal(200_000)) * 7 * np.exp(0.3 * rng.standard_normal(200_000))
    interval = product(within(3.0, 0.2), within(7.0, 0.3)).interval
    assert (interval.low, interval.high) == pytest.approx(np.quantile(draws, [0.05, 0.95]), rel=0.01)


def test_one_over_an_estimate_swaps_its_bounds():
    turned = inverse(between(2.0, 1.0, 4.0))
    assert (turned.value, turned.interval.low, turned.interval.high) == (0.5, 0.25, 1.0)


def test_a_spread_is_a_factor_either_way():
    interval = within(10.0, 0.1).interval
    assert interval.high / 10 == pytest.approx(10 / interval.low)
    assert math.log(interval.high / 10) == pytest.approx(0.1 * 1.6448536)
