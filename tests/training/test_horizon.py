import pytest
from tiny_tasks import CASES

from armillary.core.errors import ConfigError
from armillary.models import MODELS
from armillary.training.config import RunConfig
from armillary.training.flops import FlopCounter, flops_per_step
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


def test_where_lengths_differ_steps_are_those_of_an_epochs_mean(tmp_path) -> None:
    task = CASES["translation"](tmp_path).task
    config = RunConfig(task=task, model=MODELS["transformer"](), batch_size=4).fitted()
    batches = task.training_batches(4, config.seed)
    units = [batches[step].n_units for step in range(batches.steps_per_epoch)]
    assert len(set(units)) > 1
    assert horizon(config.replace(budget=f"{sum(units)} tokens")).steps == len(units)
    counter = FlopCounter(config)
    flops = sum(counter(batches[step]) for step in range(batches.steps_per_epoch))
    assert horizon(config.replace(budget=f"{flops} flop")).steps == len(units)
