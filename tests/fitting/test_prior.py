import numpy as np
import pytest

from armillary.fitting.prior import Prior
from armillary.scaling.laws import Chinchilla

LOSSES = np.array([3.0, 2.6, 4.0])
NAMES = [domain.name for domain in Chinchilla.domains()]


def test_exponents_and_the_irreducible_loss_have_usual_values_and_coefficients_have_none():
    prior = Prior.weak(Chinchilla, LOSSES)
    usual = dict(zip(NAMES, np.exp(prior.centre), strict=True))
    assert usual["alpha"] == pytest.approx(0.35)
    assert usual["E"] == pytest.approx(0.5 * 2.6)
    vague = dict(zip(NAMES, np.isinf(prior.spread), strict=True))
    assert vague == {"E": False, "A": True, "B": True, "alpha": False, "beta": False}


def test_noisier_runs_leave_more_to_the_prior():
    prior = Prior.weak(Chinchilla, LOSSES)
    assert prior.pull(0.02)[[0, 3, 4]] == pytest.approx(16 * prior.pull(0.005)[[0, 3, 4]])
    np.testing.assert_array_equal(prior.pull(0.02)[[1, 2]], 0)
