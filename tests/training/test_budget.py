import math

import pytest

from armillary.core.errors import ConfigError
from armillary.training.budget import Budget, Horizon


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("2000 steps", 2000, "steps"),
        ("1 step", 1, "steps"),
        ("3e6 tokens", 3e6, "tokens"),
        ("1.5M tokens", 1.5e6, "tokens"),
        ("20 epochs", 20, "epochs"),
        ("1e12 FLOP", 1e12, "flop"),
        ("10m", 600, "seconds"),
        ("90s", 90, "seconds"),
        ("2h", 7200, "seconds"),
    ],
)
def test_a_budget_means_what_it_says(text: str, amount: float, unit: str) -> None:
    assert Budget.parse(text) == Budget(amount, unit)


@pytest.mark.parametrize("text", ["", "10", "10 parsecs", "ten steps", "-3 steps", "0s", "10mm", "steps"])
def test_a_doubtful_budget_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ConfigError, match="2000 steps") as error:
        Budget.parse(text)
    assert repr(text) in str(error.value)


def test_a_misspelt_unit_gets_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="did you mean 'epochs'"):
        Budget.parse("3 epoks")


def test_progress_counts_steps_where_the_budget_does() -> None:
    horizon = Horizon(steps=8)
    assert [horizon.progress(step, seconds=1e9) for step in (0, 2, 8, 9)] == [0.0, 0.25, 1.0, 1.0]


def test_progress_follows_the_clock_where_the_budget_is_a_time() -> None:
    horizon = Horizon(steps=None, seconds=60.0)
    assert [horizon.progress(10**6, seconds) for seconds in (0.0, 15.0, 61.0)] == [0.0, 0.25, 1.0]
    assert math.isfinite(horizon.seconds)
