import numpy as np
import pytest

from armillary.fitting.conformal import conformal_interval, farthest, least_runs
from armillary.fitting.selection import BackTestStep, judged
from armillary.fitting.uncertainty import Interval


def record(surprises, sd=0.01, ratios=(2.0,)):
    """Return a back-test in which run i was as many standard deviations off as ``surprises`` says."""
    steps = [
        BackTestStep(
            inputs={"n_params": 1e5, "n_tokens": 1e6 * (i + 1), "train_flops": 6e11 * (i + 1)},
            n_fitted=6,
            compute_ratio=ratio,
            predicted=3.0,
            interval=Interval(low=3 * float(np.exp(-1.6449 * sd)), high=3 * float(np.exp(1.6449 * sd))),
            measured=float(3 * np.exp(sd * surprise)),
        )
        for i, surprise in enumerate(surprises)
        for ratio in ratios
    ]
    return judged("law", steps, 30)


def test_it_is_the_next_to_largest_error_that_is_rank_nine_tenths():
    surprises = np.linspace(0.1, 1.9, 19)  # ceil(20 * 0.9) = 18: the second largest
    interval = conformal_interval(record(surprises), 2.0, 0.02)
    assert np.log(interval.high / 2.0) == pytest.approx(1.8 * 0.02, rel=1e-6)
    assert interval.low * interval.high == pytest.approx(4.0)


def test_too_few_held_out_runs_give_none():
    assert conformal_interval(record(np.ones(8)), 2.0, 0.02) is None
    assert conformal_interval(record(np.ones(9)), 2.0, 0.02) is not None
    assert least_runs() == 9
    assert least_runs(0.5) == 1


def test_a_run_predicted_several_times_counts_once_by_its_farthest_prediction():
    several = record(np.ones(8), ratios=(2.0, 4.0))
    assert [step.compute_ratio for step in farthest(several.steps)] == [4.0] * 8
    assert conformal_interval(several, 2.0, 0.02) is None


def test_of_exchangeable_runs_it_covers_nine_in_ten():
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(400):
        noise = 3.0 * rng.standard_t(3, 20)  # far from what the law's own intervals say
        interval = conformal_interval(record(noise[:-1]), 3.0, 0.01)
        inside.append(3.0 * np.exp(0.01 * noise[-1]) in interval)
    assert 0.87 <= np.mean(inside) <= 0.95
