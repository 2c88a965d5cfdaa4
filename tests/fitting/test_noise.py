import numpy as np
import pytest

from armillary.fitting.noise import SHARED, Noise, estimate_noise

RNG = np.random.default_rng(0)
DESIGN = np.stack([np.ones(12), np.repeat([0.0, 1.0, 2.0, 3.0], 3), np.tile([0.0, 1.0, 2.0], 4)])
TRUNKS = [f"trunk-{i // 3}" for i in range(12)]


def residuals_of(noise):
    """Return what least squares on DESIGN leaves of ``noise`` (draws, points)."""
    coefficients = np.linalg.lstsq(DESIGN.T, noise.T, rcond=None)[0]
    return noise - (DESIGN.T @ coefficients).T


def test_independent_noise_is_estimated_with_n_minus_p_degrees_of_freedom():
    residuals = residuals_of(0.02 * RNG.standard_normal((400, 12)))
    estimates = [estimate_noise(r, DESIGN, np.zeros(3), [""] * 12) for r in residuals]
    assert np.mean([e.sd**2 for e in estimates]) == pytest.approx(0.02**2, rel=0.1)
    assert estimates[0].degrees_of_freedom == pytest.approx(9, rel=1e-6)
    assert not estimates[0].correlated


def test_noise_shared_by_branches_is_estimated_though_the_fit_follows_it():
    drawn = 0.02 * Noise(1.0, 9, tuple(i // 3 for i in range(12))).draw(RNG, 4000)
    residuals = residuals_of(drawn)
    informed = [estimate_noise(r, DESIGN, np.zeros(3), TRUNKS).sd ** 2 for r in residuals[:1500]]
    naive = [estimate_noise(r, DESIGN, np.zeros(3), [""] * 12).sd ** 2 for r in residuals[:1500]]
    assert np.mean(informed) == pytest.approx(0.02**2, rel=0.1)
    assert np.mean(naive) < 0.8 * 0.02**2


def test_noise_of_a_lineage_is_correlated_and_of_unit_variance():
    drawn = Noise(1.0, 5, (0, 0, 1)).draw(RNG, 20000)
    correlation = np.corrcoef(drawn.T)
    np.testing.assert_allclose(drawn.var(axis=0), 1.0, atol=0.05)
    assert correlation[0, 1] == pytest.approx(SHARED, abs=0.03)
    assert correlation[0, 2] == pytest.approx(0.0, abs=0.03)


def test_few_degrees_of_freedom_give_heavy_tails():
    noise = Noise(0.01, 3.0, (0, 1, 2))
    z = noise.draw_sd(RNG, 40000) * RNG.standard_normal(40000) / 0.01
    assert np.quantile(z, 0.95) == pytest.approx(2.353, rel=0.05)  # of Student's t with 3 degrees of freedom
