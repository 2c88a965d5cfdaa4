import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import TRUTH, grid, noisy

from armillary.core.errors import FitError
from armillary.fitting.fit import distinct, fit
from armillary.fitting.objective import Huber, LeastSquares
from armillary.fitting.prior import Prior
from armillary.scaling.laws import Chinchilla, PowerLaw

N, D = grid(6, 6, sizes=(3e4, 3e7), budgets=(0.5e6, 5e9))
LOSSES = noisy(TRUTH, N, D, np.random.default_rng(0), branch=0.003)


def fitted(n=N, d=D, losses=LOSSES, **options):
    return fit(Chinchilla, {"n_params": n, "n_tokens": d}, losses, **options)


def test_the_truth_is_found_and_certified():
    found = fitted()
    for name in ("E", "alpha", "beta"):
        assert getattr(found.law, name) == pytest.approx(getattr(TRUTH, name), abs=0.03), name
    assert found.certificate.share_at_optimum > 0.9
    assert found.certificate.gradient_norm < 1e-5
    assert found.certificate.value == pytest.approx(Huber().of(found.residuals).sum(), rel=1e-9)
    assert found.noise.sd == pytest.approx(0.003, rel=0.4)


def test_an_outlier_moves_huber_less_than_least_squares():
    spoilt = LOSSES.copy()
    spoilt[3] *= 1.3
    moved = {
        objective.label: abs(fitted(losses=spoilt, objective=objective).law.alpha - TRUTH.alpha)
        for objective in (Huber(), LeastSquares())
    }
    assert moved["Huber"] < 0.3 * moved["least squares"]


@settings(max_examples=8, deadline=None)
@given(scale=st.floats(1e-6, 1e6), seed=st.integers(0, 2**16))
def test_units_and_order_of_the_observations_do_not_matter(scale, seed):
    order = np.random.default_rng(seed).permutation(len(N))
    whole, moved = fitted(), fitted(N[order] * scale, D[order], LOSSES[order])
    assert [moved.law.alpha, moved.law.E] == pytest.approx([whole.law.alpha, whole.law.E], rel=1e-5)
    np.testing.assert_allclose(
        moved.predict({"n_params": 1e9 * scale, "n_tokens": 1e10}),
        whole.predict({"n_params": 1e9, "n_tokens": 1e10}),
        rtol=1e-5,
    )


@settings(max_examples=5, deadline=None)
@given(unit=st.floats(1e-3, 1e3))
def test_the_unit_of_the_loss_does_not_matter(unit):
    whole, moved = fitted(), fitted(losses=LOSSES * unit)
    assert [moved.law.alpha, moved.law.E] == pytest.approx([whole.law.alpha, unit * whole.law.E], rel=1e-5)


def test_as_many_observations_as_parameters_claim_nothing():
    few = [0, 8, 15, 22, 29]
    with pytest.raises(FitError, match="has 5 parameters and there are 5 observations; it needs at least 6"):
        fitted(N[few], D[few], LOSSES[few])


def test_an_input_that_hardly_varies_is_named():
    with pytest.raises(FitError, match="at least 3 values of n_tokens, and the observations have 1"):
        fitted(d=np.full(len(N), 1e6))


def test_a_prior_goes_with_least_squares_only():
    with pytest.raises(FitError, match="goes with least squares, not with Huber"):
        fitted(prior=Prior.weak(Chinchilla, LOSSES))


def test_a_weak_prior_gives_way_to_data_and_decides_without_them():
    wide = fitted(objective=LeastSquares(), prior=Prior.weak(Chinchilla, LOSSES))
    assert wide.law.alpha == pytest.approx(fitted(objective=LeastSquares()).law.alpha, abs=0.02)
    n, d = grid(3, 3, budgets=(0.9e6, 1.1e6))  # a data range that tells beta nothing
    losses = noisy(TRUTH, n, d, np.random.default_rng(5), branch=0.01)
    prior = Prior.weak(Chinchilla, losses)
    narrow = fitted(n, d, losses, objective=LeastSquares(), prior=prior)
    assert narrow.law.beta == pytest.approx(0.35, rel=0.5)


def test_a_perfect_fit_has_no_noise():
    compute = np.geomspace(1e12, 1e16, 9)
    truth = PowerLaw(E=1.5, A=100.0, alpha=0.15)
    found = fit(PowerLaw, {"train_flops": compute}, truth(compute), LeastSquares())
    assert found.noise.sd < 1e-6
    assert found.certificate.share_at_optimum > 0.5


def test_values_within_a_percent_count_as_one():
    assert distinct(np.array([1.0, 1.005, 2.0, 4.0, 4.02])) == 3
