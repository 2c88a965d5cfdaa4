import numpy as np
import pytest
from scipy.optimize import linprog

from armillary.core.errors import RequestError
from armillary.trends.censoring import Sample
from armillary.trends.quantiles import fit_quantile, quantile_growth
from armillary.trends.series import Series


def cloud(n=150, seed=0) -> Series:
    """A cloud whose middle grows by 0.4 orders of magnitude a year and whose upper edge by more."""
    rng = np.random.default_rng(seed)
    dates = np.sort(rng.uniform(2010, 2024, n))
    orders = 20 + 0.4 * (dates - 2010) + (0.3 + 0.1 * (dates - 2010)) * rng.standard_normal(n)
    values = 10**orders
    return Series(
        quantity="training_flop", unit="FLOP", selection="all", dates=dates, values=values, low=values,
        high=values, names=tuple(map(str, range(n))), sources=("told",) * n,
    )  # fmt: skip


def by_linear_program(t, y, w, quantile) -> tuple[float, float]:
    """min sum w (q u + (1 - q) v) with y = level + slope t + u - v."""
    n = len(t)
    cost = np.concatenate([np.zeros(4), quantile * w, (1 - quantile) * w])
    line = np.stack([np.ones(n), -np.ones(n), t, -t], axis=1)
    found = linprog(cost, A_eq=np.hstack([line, np.eye(n), -np.eye(n)]), b_eq=y)
    return found.fun, found.x[2] - found.x[3]


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_lines_are_those_of_the_linear_program(quantile):
    sample = Sample.of(cloud(80))
    counts = np.random.default_rng(1).multinomial(80, np.full(80, 1 / 80), 3).astype(float)
    level, slope = fit_quantile(sample, sample.y[None], counts, quantile)
    for i in range(3):
        best, steepness = by_linear_program(sample.t, sample.y, counts[i], quantile)
        residual = sample.y - level[i] - slope[i] * sample.t
        assert (counts[i] * residual * (quantile - (residual < 0))).sum() == pytest.approx(best, rel=1e-6)
        assert slope[i] == pytest.approx(steepness, abs=1e-4)


def test_the_upper_edge_grows_faster_than_the_middle():
    # the quantile q of the cloud has slope 0.4 + 0.1 z_q
    middle, edge = (quantile_growth(cloud(400), q).slope for q in (0.5, 0.9))
    assert 0.4 in middle.interval
    assert 0.528 in edge.interval
    assert edge.value > middle.value


def test_a_quantile_beyond_all_rows_is_refused():
    with pytest.raises(RequestError, match=r"lie beyond quantile 0\.99"):
        quantile_growth(cloud(60), 0.99)
