import numpy as np
import pytest
from simulated_curves import curve

from armillary.scaling.curves.curve import LEAST_NOISE, UNKNOWN_NOISE


@pytest.mark.parametrize("sd", [0.005, 0.03])
def test_noise_is_estimated_from_neighbours(sd):
    estimates = [curve(n_points=200, sd=sd, seed=seed).noise for seed in range(20)]
    assert np.mean(estimates) == pytest.approx(sd, rel=0.1)


def test_noise_has_a_floor_and_a_guess_for_few_points():
    assert curve(n_points=400, sd=0.0).noise == LEAST_NOISE
    assert curve(n_points=4).noise == UNKNOWN_NOISE


def test_a_rising_curve_is_fitted_as_its_reciprocal():
    falling, rising = curve(), curve(rising=True)
    assert not falling.rising
    assert rising.rising
    np.testing.assert_allclose(falling.heights, rising.heights)
