from pathlib import Path

import pytest

from armillary.core.errors import ConfigError
from armillary.training import calibrate as calibration
from armillary.training.calibrate import calibrate
from armillary.training.flops import flops_per_step


def test_the_cost_of_a_budget_is_steps_times_the_time_of_one(toy, tmp_path: Path) -> None:
    found = calibrate(toy(budget="500 steps"), steps=3)
    assert found.n_steps == 500
    assert found.seconds == 500 * found.seconds_per_step
    assert found.tokens_per_step == 4 * 6
    assert found.flops_per_step == flops_per_step(toy().fitted())
    assert found.flops_per_second == found.flops_per_step / found.seconds_per_step
    assert found.peak_memory_bytes > 50e6  # the interpreter with torch alone is more


def test_a_budget_in_time_takes_that_time(toy) -> None:
    found = calibrate(toy(budget="5m"), steps=1)
    assert (found.n_steps, found.seconds) == (None, 300)


def test_the_median_step_counts_and_the_first_ones_do_not(toy, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([9.0] * calibration.WARM + [1.0, 2.0, 50.0])
    monkeypatch.setattr(calibration.Learner, "timed_step", lambda *_: next(seconds))
    assert calibrate(toy(), steps=3).seconds_per_step == 2.0


def test_no_steps_measure_nothing(toy) -> None:
    with pytest.raises(ConfigError, match="at least 1 step, got 0"):
        calibrate(toy(), steps=0)
