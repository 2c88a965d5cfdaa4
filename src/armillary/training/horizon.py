"""From a budget to a number of steps, before anything is trained."""

from __future__ import annotations

import statistics

from armillary.core.errors import ConfigError
from armillary.data.batch import spread
from armillary.training.budget import Budget, Horizon
from armillary.training.config import RunConfig
from armillary.training.flops import flops_per_step


def horizon(config: RunConfig) -> Horizon:
    """Return where a run of ``config``, whose batch size is known, ends.

    Tokens and FLOP are rounded down to whole steps.  Raises ConfigError when not even one step fits.
    """
    budget = Budget.parse(config.budget)
    if budget.unit == "seconds":
        return Horizon(steps=None, seconds=budget.amount)
    cost = _step_cost(config, budget)
    steps = int(budget.amount / cost * (1 + 1e-12))  # 3 x 0.1 is three tenths
    if steps < 1:
        raise ConfigError(
            f"budget {config.budget!r} is less than one step, which takes {cost:g} {budget.unit}"
        )
    return Horizon(steps=steps)


def _step_cost(config: RunConfig, budget: Budget) -> float:
    """Return how much of the budget's unit one step uses."""
    if budget.unit == "steps":
        return 1.0
    if budget.unit == "flop":
        return flops_per_step(config)
    assert config.batch_size is not None
    batches = config.task.training_batches(config.batch_size, config.seed)
    if budget.unit == "epochs":
        return 1 / batches.steps_per_epoch
    return statistics.fmean(batch.n_units for batch in spread(batches))
