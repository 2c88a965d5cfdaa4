import math
from dataclasses import replace

import numpy as np
import pytest

from armillary.core.errors import FitError
from armillary.scaling.observations import Observation
from armillary.scaling.systems.calibration import MeasuredStep, calibrate, calibrate_runs
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.layout import Layout
from armillary.scaling.systems.step import step_time

A100 = Cluster.of("a100", 1)


def measured(gpt, factors):
    steps = []
    for n_layers, factor in enumerate(factors, start=4):
        shape, layout = gpt(1024, 16, n_layers), Layout(global_batch=2)
        seconds = factor * step_time(shape, layout, A100).total
        steps.append(MeasuredStep(shape=shape, layout=layout, cluster=A100, seconds=seconds))
    return steps


def run(n_params, seconds):
    return Observation(n_params=n_params, n_tokens=1e6, train_flops=6e6 * n_params, loss=3.0, seconds=seconds)


def test_a_factor_between_model_and_measurement_is_found(gpt):
    calibration = calibrate(measured(gpt, [1.7] * 5))
    assert calibration.slowdown == pytest.approx(1.7)
    assert (calibration.basis, calibration.n_measured) == ("model", 5)
    assert calibration.spread < 0.1


def test_the_spread_is_that_of_the_measurements_when_they_are_many(gpt):
    factors = np.exp(0.3 * np.random.default_rng(0).standard_normal(200)).tolist()
    calibration = calibrate(measured(gpt, factors))
    assert calibration.spread == pytest.approx(np.std(np.log(factors), ddof=1), rel=0.05)
    interval = calibration.seconds(1.0).interval
    assert math.log(interval.high / interval.low) == pytest.approx(2 * 1.645 * calibration.spread, rel=1e-3)


def test_one_measurement_leaves_a_usual_spread(gpt):
    assert 0.1 <= calibrate(measured(gpt, [2.0])).spread < 0.15


def test_runs_are_told_against_the_peak():
    peak = 312e12
    rows = [run(1e9, 6e15 / (0.4 * peak)), run(5e8, 3e15 / (0.4 * peak)), run(1e6, 1e6)]
    calibration = calibrate_runs(rows, A100)
    assert calibration.slowdown == pytest.approx(1 / 0.4)
    assert (calibration.basis, calibration.n_measured) == ("peak", 2)  # the smallest run does not count


def test_nothing_timed_is_nothing_to_calibrate_to(gpt):
    with pytest.raises(FitError, match="nothing was timed"):
        calibrate([])
    with pytest.raises(FitError, match="nothing was timed"):
        calibrate_runs([replace(run(1e9, 1.0), seconds=None)], A100)
    with pytest.raises(FitError, match="not above zero"):
        calibrate(measured(gpt, [math.inf]))
