import numpy as np
import pytest

from armillary.fitting.conformal import conformal_interval, farthest, least_runs
from armillary.fitting.selection import BackTestStep, judged
from armillary.fitting.uncertainty import Interval


def record(scores, ratios=(2.0,)):
    """Return a back-test in which run i was off by a score times the logarithm of one plus the distance."""
    steps = [
        BackTestStep(
            inputs={"n_params": 1e5, "n_tokens": 1e6 * (i + 1), "train_flops": 6e11 * (i + 1)},
            n_fitted=6,
            compute_ratio=ratio,
            predicted=float(3 * np.exp(-score * np.log1p(ratio))),
            interval=Interval(low=2.9, high=3.1),
            measured=3.0,
        )
        for i, score in enumerate(scores)
        for ratio in ratios
    ]
    return judged("law", steps, 30)


def test_it_is_the_next_to_largest_error_that_is_rank_nine_tenths():
    scores = np.linspace(0.001, 0.019, 19)  # ceil(20 * 0.9) = 18: the second largest
    interval = conformal_interval(record(scores), 2.0, 9.0)
    assert np.log(interval.high / 2.0) == pytest.approx(0.018 * np.log(10), rel=1e-6)
    assert interval.low * interval.high == pytest.approx(4.0)


def test_too_few_held_out_runs_give_none():
    assert conformal_interval(record(np.full(8, 0.01)), 2.0, 4.0) is None
    assert conformal_interval(record(np.full(9, 0.01)), 2.0, 4.0) is not None
    assert least_runs() == 9
    assert least_runs(0.5) == 1


def test_a_run_predicted_several_times_counts_once_by_its_farthest_prediction():
    several = record(np.full(8, 0.01), ratios=(2.0, 4.0))
    assert [step.compute_ratio for step in farthest(several.steps)] == [4.0] * 8
    assert conformal_interval(several, 2.0, 4.0) is None


def test_of_exchangeable_runs_it_covers_nine_in_ten():
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(400):
        scores = 0.01 * rng.standard_t(3, 20)  # far from what the law's own intervals say
        interval = conformal_interval(record(scores[:-1]), 3.0, 2.0)
        inside.append(3.0 * np.exp(scores[-1] * np.log(3)) in interval)
    assert 0.87 <= np.mean(inside) <= 0.95
