from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from armillary.trends.censoring import (
    Sample,
    _log_mass,
    _Tobit,
    imputed_residuals,
    regress,
)
from armillary.trends.series import Series


def sample(n=120, hidden_above=np.inf, seed=0) -> Sample:
    """A line of slope 0.5 with scatter 0.4; values above ``hidden_above`` are known to be above it."""
    rng = np.random.default_rng(seed)
    t = np.sort(rng.uniform(-5, 5, n))
    y = 0.5 * t + 0.4 * rng.standard_normal(n)
    hidden = y > hidden_above
    low, high = np.where(hidden, hidden_above, y), np.where(hidden, np.inf, y)
    return Sample(origin=2015.0, t=t, y=np.where(hidden, np.nan, y), low=low, high=high, weight=np.ones(n))


def line(data: Sample) -> np.ndarray:
    return np.stack([np.ones(len(data)), data.t], axis=1)[None]


def test_without_bounds_it_is_least_squares():
    data = sample()
    found = regress(line(data), data.y[None], data)
    slope, level = np.polyfit(data.t, data.y, 1)
    assert found.coefficients[0] == pytest.approx([level, slope])
    residuals = data.y - level - slope * data.t
    assert found.sd[0] == pytest.approx(residuals.std())
    assert found.log_likelihood[0] == pytest.approx(norm.logpdf(residuals, scale=residuals.std()).sum())


def test_weights_stand_for_repeated_rows():
    data = sample(20)
    counts = np.random.default_rng(1).multinomial(20, np.full(20, 0.05), 7).astype(float)
    found = regress(line(data), data.y[None], data, counts)
    rows = np.repeat(np.arange(20), counts[3].astype(int))
    slope, level = np.polyfit(data.t[rows], data.y[rows], 1)
    assert found.coefficients[3] == pytest.approx([level, slope])


def test_bounded_rows_maximise_the_tobit_likelihood():
    data = sample(hidden_above=1.0)
    found = regress(line(data), data.y[None], data)

    def loss(theta: np.ndarray) -> float:
        mu, sd = theta[0] + theta[1] * data.t, np.exp(theta[2])
        rows = np.where(data.exact, norm.logpdf(data.y, mu, sd), norm.logsf(1.0, mu, sd))
        return -float(rows.sum())

    best = minimize(loss, [0, 0.3, 0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    assert found.coefficients[0] == pytest.approx(best.x[:2], abs=1e-4)
    assert found.sd[0] == pytest.approx(np.exp(best.x[2]), abs=1e-4)
    assert found.log_likelihood[0] == pytest.approx(-best.fun, abs=1e-6)


def test_leaving_bounded_rows_out_flattens_the_slope_and_their_bounds_restore_it():
    slopes = {"with": [], "without": []}
    for seed in range(40):
        data = sample(hidden_above=1.0, seed=seed)
        slopes["with"].append(regress(line(data), data.y[None], data).coefficients[0, 1])
        slopes["without"].append(np.polyfit(data.t[data.exact], data.y[data.exact], 1)[0])
    assert np.mean(slopes["with"]) == pytest.approx(0.5, abs=0.01)
    assert np.mean(slopes["without"]) < 0.475


def test_derivatives_are_those_of_finite_differences():
    data = sample(60, hidden_above=0.5)
    data = replace(
        data, low=np.where(data.t < -4, -np.inf, data.low), y=np.where(data.t < -4, np.nan, data.y)
    )
    y, theta = np.where(data.exact, data.y, 0.0)[None], np.array([[0.3, 1.1, 2.0]])
    task = _Tobit.of(line(data), y, data, np.ones((1, 60)))
    gradient, curvature = task.derivatives(theta)
    for i, direction in enumerate(np.eye(3)):
        step = 1e-5 * direction
        slope = (task.value(theta + step) - task.value(theta - step)) / 2e-5
        assert gradient[0, i] == pytest.approx(slope[0], rel=1e-5, abs=1e-5)
        ahead, behind = (task.derivatives(theta + s)[0] for s in (step, -step))
        assert -(ahead - behind)[0] / 2e-5 == pytest.approx(curvature[0, i], rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (-1.0, 2.0, np.log(norm.cdf(2) - norm.cdf(-1))),
        (-np.inf, -4.0, norm.logcdf(-4)),
        (8.0, np.inf, norm.logsf(8)),
        (40.0, np.inf, norm.logsf(40)),
        (3.0, 3.001, np.log(norm.sf(3) - norm.sf(3.001))),
    ],
)
def test_mass_between_bounds_is_exact_in_both_tails(a, b, expected):
    assert _log_mass(np.array([a]), np.array([b]))[0] == pytest.approx(expected, rel=1e-9)
    assert _log_mass(np.array([-b]), np.array([-a]))[0] == pytest.approx(expected, rel=1e-9)


def test_imputed_residuals_respect_their_bounds():
    data = sample(hidden_above=1.0)
    fitted = 0.5 * data.t
    residuals = imputed_residuals(fitted, 0.4, data)
    assert (fitted + 0.4 * residuals >= data.low - 1e-6).all()
    assert np.allclose((fitted + 0.4 * residuals)[data.exact], data.y[data.exact])
    assert residuals.std() == pytest.approx(1, abs=0.15)


def test_uncertain_values_are_drawn_between_their_bounds():
    values = np.array([1e20, 1e21, np.nan, np.nan])
    series = Series(
        quantity="q", unit="FLOP", selection="all", dates=np.arange(4.0) + 2010, values=values,
        low=np.array([1e20, 5e20, 1e22, 0.0]), high=np.array([1e20, 2e21, np.inf, np.inf]),
        names=("a", "b", "c", "d"), sources=("told",) * 4,
    )  # fmt: skip
    data = Sample.of(series)
    assert len(data) == 3  # bounds 0 and infinity say nothing
    drawn = data.redrawn(np.random.default_rng(0), 4000)
    assert (drawn[:, 0] == 20).all()
    assert np.isnan(drawn[:, 2]).all()
    assert np.log10(5e20) < drawn[:, 1].min() < drawn[:, 1].max() < np.log10(2e21)
    assert drawn[:, 1].std() == pytest.approx(np.log10(4) / np.sqrt(12), rel=0.03)
