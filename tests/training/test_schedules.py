import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.errors import RequestError
from armillary.training.config import ScheduleConfig
from armillary.training.schedules import cosine, rate, stable_steps, warmup, wsd


def test_wsd_holds_the_peak_and_then_falls_in_a_line() -> None:
    schedule = ScheduleConfig(decay=0.2)
    assert [wsd(schedule, p) for p in (0.0, 0.5, 0.8)] == pytest.approx([1, 1, 1])
    assert [wsd(schedule, p) for p in (0.9, 0.95, 1.0)] == pytest.approx([0.5, 0.25, 0.0])


def test_cosine_falls_along_half_a_cosine() -> None:
    assert [cosine(ScheduleConfig(), p) for p in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])


@pytest.mark.parametrize("shape", ["wsd", "cosine"])
def test_both_end_at_the_floor(shape: str) -> None:
    assert rate(ScheduleConfig(shape=shape, floor=0.1), step=99, progress=1.0) == pytest.approx(0.1)


def test_the_schedule_of_2017_falls_as_one_over_the_root_of_the_step() -> None:
    schedule = ScheduleConfig(shape="inverse-sqrt", warmup=400)
    rates = [rate(schedule, step, progress=0.5) for step in (99, 399, 1599, 6399)]
    assert rates == pytest.approx([0.25, 1, 0.5, 0.25])


def test_a_decay_of_nothing_is_a_constant() -> None:
    assert wsd(ScheduleConfig(decay=0.0), 1.0) == 1.0


@given(steps=st.integers(0, 500), step=st.integers(0, 1000))
def test_warmup_rises_in_equal_steps_to_the_peak(steps: int, step: int) -> None:
    share = warmup(step, steps)
    assert share == (min(1.0, (step + 1) / steps) if steps else 1.0)


@given(st.integers(2, 3000), st.integers(2, 3000), st.sampled_from([0.1, 0.2, 0.25, 1 / 3]))
def test_before_its_decay_a_short_run_has_the_rates_of_a_long_one(a: int, b: int, decay: float) -> None:
    short, long = sorted((a, b))
    schedule = ScheduleConfig(warmup=20, decay=decay)
    stable = next(s for s in range(short + 1) if s == short or wsd(schedule, s / short) < 1)
    assert all(rate(schedule, s, s / short) == rate(schedule, s, s / long) for s in range(stable))


def test_the_decay_starts_where_stable_steps_says(toy) -> None:
    config = toy(budget="40 steps", schedule__decay=0.25)
    first = stable_steps(config)
    assert first == 31
    assert rate(config.schedule, first - 1, (first - 1) / 40) == 1.0
    assert rate(config.schedule, first, first / 40) < 1.0


def test_without_a_decay_all_of_it_is_stable(toy) -> None:
    assert stable_steps(toy(schedule__decay=0.0)) == 24


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"schedule__shape": "cosine"}, "no stable phase"), ({"budget": "5m"}, "depends on the clock")],
)
def test_nothing_to_branch_from_is_an_error(toy, changes: dict, reason: str) -> None:
    with pytest.raises(RequestError, match=reason):
        stable_steps(toy(**changes))


def test_rates_are_finite_everywhere() -> None:
    assert all(math.isfinite(wsd(ScheduleConfig(decay=1e-9), p)) for p in (0, 1 - 1e-9, 1))
