import pytest

from armillary.core.errors import ConfigError
from armillary.training.flops import flops_per_step
from armillary.training.horizon import horizon


def test_all_but_time_become_steps(toy) -> None:
    tokens_a_step = 4 * 6
    epoch = toy().task.training_batches(4, 0).steps_per_epoch
    flop = flops_per_step(toy())
    for budget, steps in [
        ("7 steps", 7),
        (f"{10 * tokens_a_step} tokens", 10),
        (f"{10 * tokens_a_step + 5} tokens", 10),
        ("3 epochs", 3 * epoch),
        (f"{5.5 * flop} flop", 5),
    ]:
        assert horizon(toy(budget=budget)).steps == steps


def test_time_stays_time(toy) -> None:
    assert horizon(toy(budget="2m")).steps is None
    assert horizon(toy(budget="2m")).seconds == 120


def test_less_than_a_step_is_refused(toy) -> None:
    with pytest.raises(ConfigError, match="less than one step, which takes 24 tokens"):
        horizon(toy(budget="5 tokens"))
