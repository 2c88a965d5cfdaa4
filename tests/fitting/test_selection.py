import dataclasses

import numpy as np
import pytest
from simulated import TRUTH, grid, noisy

from armillary.fitting.selection import BackTest, Table, back_test, rank
from armillary.scaling.laws import Chinchilla, PowerLaw


def table(losses=None, n_sizes=4, n_budgets=3, seed=0, branch=0.003):
    n, d = grid(n_sizes, n_budgets)
    if losses is None:
        losses = noisy(TRUTH, n, d, np.random.default_rng(seed), branch)
    columns = {"n_params": n, "n_tokens": d, "train_flops": 6 * n * d}
    return Table(columns=columns, losses=losses, lineage=("",) * len(n))


@pytest.fixture(scope="module")
def good():
    return back_test(Chinchilla, table(n_budgets=2))


def test_a_law_that_holds_passes(good):
    assert good.passed
    assert good.rmsle < 0.02
    assert good.coverage >= 0.7
    assert "predicted" in good.verdict


def test_only_larger_compute_is_predicted_and_only_smaller_is_known(good):
    whole = table(n_budgets=2)
    assert good.steps
    for step in good.steps:
        known = step.inputs["train_flops"] / step.compute_ratio
        assert step.compute_ratio > 1
        assert step.n_fitted == (whole.compute <= known * 1.0001).sum()
        assert step.n_fitted > 5


def test_losses_that_follow_no_law_yet_fail():
    n, d = grid(4, 2)
    compute = n * d
    steepening = 4.5 - 2.2 * (np.log(compute / compute.min()) / np.log(compute.max() / compute.min())) ** 3
    test = back_test(Chinchilla, table(steepening, n_budgets=2))
    assert not test.passed
    assert "no such law yet" in test.verdict or "did not foresee" in test.verdict
    assert test.bias > 0.05
    assert test.widen > 1


def test_too_few_runs_are_told_so():
    test = back_test(Chinchilla, table(n_sizes=3, n_budgets=2))
    assert (test.passed, test.rmsle, test.coverage, test.steps) == (False, None, None, ())
    assert test.verdict.startswith("6 observations allow 0 of the 3 predictions")
    assert test.widen == 1.0


def test_many_amounts_of_compute_are_cut_at_halves():
    rng = np.random.default_rng(0)
    n, d = np.exp(rng.uniform(np.log(1e5), np.log(1e9), (2, 60)))
    columns = {"n_params": n, "n_tokens": d, "train_flops": 6 * n * d}
    many = Table(columns=columns, losses=noisy(TRUTH, n, d, rng, 0.01), lineage=("",) * 60)
    test = back_test(PowerLaw, many)
    assert max(step.compute_ratio for step in test.steps) > 16
    assert len({step.n_fitted for step in test.steps}) <= 5


def graded(base, law, factor):
    """Return a back-test whose errors are ``factor`` times 1%."""
    steps = tuple(
        dataclasses.replace(step, predicted=float(step.measured * np.exp(factor * 0.01)))
        for step in base.steps
    )
    return dataclasses.replace(base, law=law, steps=steps)


def test_the_preferred_law_stays_unless_another_is_clearly_better(good):
    first = graded(good, "first", 1.0)
    assert [test.law for test in rank([first, graded(good, "second", 0.8)])] == ["first", "second"]
    assert [test.law for test in rank([first, graded(good, "second", 0.1)])] == ["second", "first"]


def test_an_untested_law_comes_last(good):
    untested = BackTest(law="x", steps=(), rmsle=None, coverage=None, bias=None, passed=False, verdict="")
    assert [test.law for test in rank([untested, graded(good, "tested", 5.0)])] == ["tested", "x"]


def test_surprise_is_the_error_in_standard_deviations(good):
    step = good.steps[0]
    half = np.log(step.interval.high / step.interval.low) / 2
    shifted = dataclasses.replace(step, measured=float(step.predicted * np.exp(half)))
    assert shifted.surprise == pytest.approx(1.645, rel=1e-3)
    assert shifted.error == pytest.approx(np.exp(-half) - 1)
