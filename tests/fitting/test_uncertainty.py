import numpy as np
import pytest
from simulated import TRUTH, grid, noisy

from armillary.core.errors import FitError
from armillary.fitting.fit import fit
from armillary.fitting.method import estimate, method_for
from armillary.fitting.objective import LeastSquares
from armillary.fitting.uncertainty import Interval, bootstrap
from armillary.scaling.laws import Chinchilla

N, D = grid(9, 9, sizes=(3e4, 3e7), budgets=(0.5e6, 5e9))
LOSSES = noisy(TRUTH, N, D, np.random.default_rng(0), branch=0.004)
INPUTS = {"n_params": N, "n_tokens": D}
BEYOND = {"n_params": 1e8, "n_tokens": 1e10}


@pytest.fixture(scope="module")
def many():
    return fit(Chinchilla, INPUTS, LOSSES, LeastSquares(), lineage=[f"{n:.0f}" for n in N])


@pytest.mark.parametrize("kind", ["pair", "cluster", "residual"])
def test_intervals_hold_the_truth_and_narrow_with_data(many, kind):
    draws = bootstrap(many, kind, 400)
    intervals = draws.parameter_intervals(0.99)
    assert all(getattr(TRUTH, name) in interval for name, interval in intervals.items())
    half = draws.intervals(BEYOND, 0.5)[0]
    most = draws.intervals(BEYOND, 0.9)[0]
    assert most.low < half.low < float(TRUTH(1e8, 1e10)) < half.high + 0.02 < most.high + 0.02
    assert np.log(most.high / most.low) > 2 * 1.6 * 0.003  # a new run's noise is in it


def test_the_same_seed_gives_the_same_draws(many):
    np.testing.assert_array_equal(bootstrap(many, "pair", 50).theta, bootstrap(many, "pair", 50).theta)
    assert not np.array_equal(bootstrap(many, "pair", 50).theta, bootstrap(many, "pair", 50, seed=1).theta)


def test_few_clusters_are_refused():
    few = fit(Chinchilla, INPUTS, LOSSES, lineage=["a"] * 40 + ["b"] * 41)
    with pytest.raises(FitError, match="there are 2; it needs 8"):
        bootstrap(few, "cluster", 50)


def test_a_back_test_s_errors_stretch_an_interval(many):
    draws = bootstrap(many, "residual", 200)
    [plain], [wide] = draws.intervals(BEYOND), draws.intervals(BEYOND, widen=2.0)
    assert np.log(wide.high / wide.low) == pytest.approx(2 * np.log(plain.high / plain.low))


def test_an_interval_contains_its_ends():
    assert 1.0 in Interval(low=1.0, high=2.0)
    assert 2.1 not in Interval(low=1.0, high=2.0)


def test_many_observations_are_fitted_as_published_and_few_with_care():
    many, few = method_for(Chinchilla, 240), method_for(Chinchilla, 12)
    assert (many.objective.label, many.weak_prior, many.bootstrap) == ("Huber", False, "pair")
    assert (few.objective.label, few.weak_prior, few.bootstrap) == ("least squares", True, "residual")
    assert not method_for(Chinchilla, 12, method_for(Chinchilla, 240).objective).weak_prior


def world(rng):
    """Return a law as ladders of small models have them."""
    alpha, beta = np.exp(rng.uniform(np.log(0.22), np.log(0.6), 2))
    size, data = rng.uniform(0.3, 1.2, 2)
    return Chinchilla(
        E=float(rng.uniform(0.8, 2.2)),
        A=float(size * 1e5**alpha),
        B=float(data * 1e6**beta),
        alpha=float(alpha),
        beta=float(beta),
    )


def covered(shape, trunk, n_worlds, seed):
    """Return the share of held-out runs, of 5 times the compute, inside their 90% interval."""
    rng = np.random.default_rng(seed)
    n, d = grid(*shape)
    lineage = [f"{size:.0f}" for size in n] if trunk else [""] * len(n)
    inside = []
    for _ in range(n_worlds):
        law = world(rng)
        losses = noisy(law, n, d, rng, branch=0.002, trunk=trunk)
        larger = {"n_params": 2.5 * n.max(), "n_tokens": 2 * d.max()}
        strayed = np.exp(np.hypot(0.002, trunk) * rng.standard_normal())
        measured = float(law(*larger.values())) * strayed
        method = method_for(Chinchilla, len(n))
        _, draws = estimate(
            Chinchilla,
            {"n_params": n, "n_tokens": d},
            losses,
            method,
            lineage=lineage,
            n_starts=128,
            n_draws=300,
        )
        inside.append(measured in draws.intervals(larger)[0])
    return np.mean(inside)


def test_most_of_a_few_ladders_are_covered():
    assert covered((4, 3), 0.0, 12, seed=3) >= 0.7


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "trunk"), [((3, 3), 0.0), ((3, 3), 0.003), ((4, 2), 0.003), ((5, 3), 0.0), ((5, 3), 0.003)]
)
def test_nominal_90_percent_intervals_cover_85_to_95(shape, trunk):
    assert 0.85 <= covered(shape, trunk, 200, seed=11) <= 0.95
