import dataclasses

import numpy as np
import pytest

from armillary.fitting.selection import BackTest, BackTestStep, judged
from armillary.fitting.stacking import blended, weights
from armillary.fitting.uncertainty import Interval


def step(run, error, sd=0.01, n_fitted=6):
    """Return the prediction of run number ``run`` (of loss 3) that errs by ``error`` on a log scale."""
    predicted = float(3.0 * np.exp(error))
    reach = np.exp(1.6449 * sd)
    return BackTestStep(
        inputs={"n_params": 1e5, "n_tokens": 1e6 * run, "train_flops": 6e11 * run},
        n_fitted=n_fitted,
        compute_ratio=float(run),
        predicted=predicted,
        interval=Interval(low=predicted / reach, high=predicted * reach),
        measured=3.0,
    )


def record(law, errors, sd=0.01):
    return judged(law, [step(run, error, sd) for run, error in enumerate(errors, start=2)], 20)


def test_laws_that_say_the_same_share_the_weight():
    assert weights([record("a", [0.01] * 5), record("b", [0.01] * 5)]) == pytest.approx((0.5, 0.5))


def test_the_weight_goes_to_what_made_the_measured_losses_likely():
    better, worse = weights([record("a", [0.005] * 6), record("b", [-0.011] * 6)])
    assert 0.5 < better < 1.0
    assert better + worse == pytest.approx(1.0)


def test_more_runs_move_the_weights_further():
    few = weights([record("a", [0.008, -0.008] * 2), record("b", [0.015, -0.015] * 2)])
    many = weights([record("a", [0.008, -0.008] * 6), record("b", [0.015, -0.015] * 6)])
    assert many[0] > few[0] > 0.5


def test_the_weights_are_the_most_probable_of_a_grid():
    rng = np.random.default_rng(0)
    errors = 0.02 * rng.standard_normal((40, 2))
    found = weights([record("a", errors[:, 0], sd=0.03), record("b", errors[:, 1], sd=0.025)])
    grid = np.linspace(0.001, 0.999, 999)
    first, second = (np.exp(-0.5 * (errors[:, i] / sd) ** 2) / sd for i, sd in enumerate((0.03, 0.025)))
    posterior = np.log(np.outer(grid, first) + np.outer(1 - grid, second)).sum(1) + np.log(grid * (1 - grid))
    assert found[0] == pytest.approx(grid[np.argmax(posterior)], abs=0.002)


def test_a_law_that_errs_surely_more_has_no_weight_and_neither_has_one_that_failed():
    good = record("a", [0.003] * 5)
    assert weights([good, record("b", [0.03] * 5)]) == (1.0, 0.0)
    failed = dataclasses.replace(record("b", [0.002] * 5), passed=False)
    assert weights([good, failed]) == (1.0, 0.0)


def test_without_evidence_the_first_in_order_of_preference_speaks_alone():
    untested = [
        BackTest(law=law, steps=(), rmsle=None, coverage=None, bias=None, passed=False, verdict="")
        for law in "ab"
    ]
    assert weights(untested) == (1.0, 0.0)
    one_run = [judged(law, [step(2, 0.01, n_fitted=n) for n in (5, 6, 7)], 9) for law in "ab"]
    assert weights(one_run) == (1.0, 0.0)


def test_a_blend_is_tested_by_weights_that_never_saw_the_run():
    tests = [record("a", [0.01] * 4), record("b", [-0.01] * 4)]
    blend = blended(tests, weights(tests), 20)
    assert blend.law == "a + b"
    assert blend.rmsle == pytest.approx(0.0, abs=1e-3)  # opposite errors cancel
    assert blend.coverage == 1.0
    for mixed, one in zip(blend.steps, tests[0].steps, strict=True):
        assert mixed.log_sd > one.log_sd  # not knowing the law is in the interval


def test_a_single_law_keeps_its_own_record():
    tests = [record("a", [0.001] * 4), record("b", [0.04] * 4)]
    assert blended(tests, (1.0, 0.0), 20) is tests[0]


def test_a_mixture_of_equal_predictions_is_the_prediction():
    tests = [record("a", [0.01] * 4), record("b", [0.01] * 4)]
    for mixed, one in zip(blended(tests, (0.5, 0.5), 20).steps, tests[0].steps, strict=True):
        assert mixed.predicted == pytest.approx(one.predicted)
        assert mixed.interval.low == pytest.approx(one.interval.low, rel=1e-5)
        assert mixed.interval.high == pytest.approx(one.interval.high, rel=1e-5)
