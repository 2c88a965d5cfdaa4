import numpy as np
import pytest
from scipy.optimize import minimize
from simulated import TRUTH, grid, noisy

from armillary.fitting.objective import Huber, LeastAbsolute, LeastSquares
from armillary.fitting.solver import CHUNK, minimise, objective_values, problem
from armillary.fitting.starts import screened_starts
from armillary.scaling.laws import Chinchilla

RNG = np.random.default_rng(1)
N, D = grid(8, 8, budgets=(0.5e6, 2e7))
TARGETS = np.log(noisy(TRUTH, N, D, RNG, branch=0.01))


@pytest.mark.parametrize("objective", [Huber(), Huber(0.02), LeastSquares(), LeastAbsolute()])
def test_no_other_solver_finds_a_lower_value(objective):
    task = problem(Chinchilla, (N, D), TARGETS)
    found = minimise(task, screened_starts(task, objective, 64), objective)
    best = found.theta[found.values.argmin()]

    def value(theta):
        return float(objective_values(task, theta[None], objective)[0])

    other = minimize(value, best + 0.01, method="Nelder-Mead", options={"maxiter": 4000, "fatol": 1e-14})
    assert found.values.min() <= other.fun * (1 + 1e-9)


def test_at_the_optimum_the_gradient_vanishes():
    task = problem(Chinchilla, (N, D), TARGETS)
    found = minimise(task, screened_starts(task, Huber(), 64), Huber())
    assert found.gradient_norms[found.values.argmin()] < 1e-5


def test_a_weight_counts_an_observation_twice():
    weights = np.ones(len(N))
    weights[::3] = 2
    twice = np.repeat(np.arange(len(N)), weights.astype(int))
    objective = Huber(0.01)
    starts = screened_starts(problem(Chinchilla, (N, D), TARGETS), objective, 64)[:4]
    weighted = minimise(problem(Chinchilla, (N, D), TARGETS, weights), starts, objective)
    repeated = problem(Chinchilla, (N[twice], D[twice]), TARGETS[twice])
    best = repeated.restored(minimise(repeated, starts, objective).theta[0])
    ours = problem(Chinchilla, (N, D), TARGETS).restored(weighted.theta[0])
    np.testing.assert_allclose(ours(N, D), best(N, D), rtol=1e-6)


def test_rows_are_solved_alike_alone_and_in_chunks():
    rows = CHUNK // (5 * len(N)) + 50
    targets = TARGETS + 0.01 * RNG.standard_normal((rows, len(N)))
    task = problem(Chinchilla, (N, D), targets)
    starts = np.repeat(task.in_units(TRUTH)[None], rows, axis=0)
    together = minimise(task, starts, LeastSquares())
    for row in (0, rows - 1):
        alone = minimise(problem(Chinchilla, (N, D), targets[row]), starts[:1], LeastSquares())
        assert together.values[row] == pytest.approx(alone.values[0], rel=1e-9)


def test_a_pull_draws_a_parameter_to_its_centre():
    pull = np.array([0.0, 0, 0, 1e9, 0])
    centre = np.array([0.0, 0, 0, np.log(0.6), 0])
    task = problem(Chinchilla, (N, D), TARGETS, centre=centre, pull=pull)
    found = minimise(task, task.in_units(TRUTH)[None], LeastSquares())
    assert task.restored(found.theta[0]).alpha == pytest.approx(0.6, rel=1e-4)
