import numpy as np
import pytest
from scipy.special import stdtrit
from simulated import TRUTH, grid, noisy

from armillary.core.errors import FitError
from armillary.fitting.fit import fit
from armillary.fitting.objective import Huber, LeastAbsolute, LeastSquares
from armillary.fitting.prior import Prior
from armillary.fitting.profile import profile_intervals
from armillary.fitting.uncertainty import bootstrap
from armillary.scaling.laws import Chinchilla, KaplanSize

N, D = grid(9, 9, sizes=(3e4, 3e7), budgets=(0.5e6, 5e9))
INPUTS = {"n_params": N, "n_tokens": D}


def test_of_a_straight_line_it_is_the_interval_of_linear_regression():
    rng = np.random.default_rng(1)
    x = np.geomspace(1e6, 1e9, 40)
    losses = KaplanSize(A=9.0, alpha=0.08)(x) * np.exp(0.01 * rng.standard_normal(40))
    found = fit(KaplanSize, {"n_params": x}, losses, LeastSquares())
    interval = profile_intervals(found)["A"]
    design = np.stack([np.ones(40), -np.log(x)], axis=1)
    coefficients, *_ = np.linalg.lstsq(design, np.log(losses), rcond=None)
    residuals = np.log(losses) - design @ coefficients
    inverse = np.linalg.inv(design.T @ design)
    robust = inverse @ (design.T * residuals**2) @ design @ inverse * 40 / 38  # White 1980, HC1
    half = stdtrit(38, 0.95) * np.sqrt(robust[0, 0])
    assert np.log([interval.low, interval.high]) == pytest.approx(
        [coefficients[0] - half, coefficients[0] + half], rel=1e-3
    )


@pytest.mark.parametrize("objective", [LeastSquares(), Huber(1e-3)])
def test_it_agrees_with_the_pair_bootstrap(objective):
    losses = noisy(TRUTH, N, D, np.random.default_rng(0), branch=0.004)
    found = fit(Chinchilla, INPUTS, losses, objective)
    profile, pairs = profile_intervals(found), bootstrap(found, "pair", 400).parameter_intervals()
    for name, interval in pairs.items():
        width = np.log(profile[name].high / profile[name].low) / np.log(interval.high / interval.low)
        assert 0.6 < width < 1.6, name
        assert getattr(found.law, name) in profile[name]


def test_a_higher_level_is_a_wider_interval():
    found = fit(Chinchilla, INPUTS, noisy(TRUTH, N, D, np.random.default_rng(0), branch=0.004))
    narrow, wide = profile_intervals(found, 0.5), profile_intervals(found, 0.95)
    for name, interval in narrow.items():
        assert wide[name].low < interval.low < interval.high < wide[name].high


def test_what_few_runs_do_not_tell_is_open():
    n, d = grid(4, 2)
    losses = noisy(TRUTH, n, d, np.random.default_rng(0), branch=0.01)
    found = fit(
        Chinchilla,
        {"n_params": n, "n_tokens": d},
        losses,
        LeastSquares(),
        prior=Prior.weak(Chinchilla, losses),
    )
    interval = profile_intervals(found)["E"]
    assert interval.low < 0.5 * found.law.E
    assert found.law.E in interval


def test_an_objective_without_curvature_is_refused():
    losses = noisy(TRUTH, N, D, np.random.default_rng(0), branch=0.004)
    with pytest.raises(FitError, match="needs an objective with curvature"):
        profile_intervals(fit(Chinchilla, INPUTS, losses, LeastAbsolute()))


@pytest.mark.slow
@pytest.mark.parametrize("objective", [LeastSquares(), Huber(1e-3)])
def test_nominal_90_percent_intervals_of_parameters_cover_85_to_95(objective):
    n, d = grid(10, 8, sizes=(3e4, 3e7), budgets=(0.5e6, 5e9))
    rng, inside = np.random.default_rng(5), []
    for _ in range(150):
        losses = noisy(TRUTH, n, d, rng, branch=0.004)
        intervals = profile_intervals(
            fit(Chinchilla, {"n_params": n, "n_tokens": d}, losses, objective, n_starts=128)
        )
        inside.append([getattr(TRUTH, name) in interval for name, interval in intervals.items()])
    assert ((np.mean(inside, 0) >= 0.83) & (np.mean(inside, 0) <= 0.97)).all()
    assert 0.85 <= np.mean(inside) <= 0.95
