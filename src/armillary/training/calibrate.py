"""What training will cost here, from a few real steps of it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from armillary.core.errors import ConfigError
from armillary.training.config import RunConfig
from armillary.training.flops import flops_per_step
from armillary.training.horizon import horizon
from armillary.training.learner import Learner
from armillary.training.machine import peak_memory, tune_machine
from armillary.training.parallel import fabric_for
from armillary.training.rules import resolved
from armillary.training.schedules import warmup

WARM = 3  # steps before the clock starts: first ones allocate and compile


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Measured on this machine, with this process's threads."""

    seconds_per_step: float  # median
    flops_per_step: float
    tokens_per_step: int  # units of the loss
    peak_memory_bytes: int  # of the device; on a CPU of the whole process, interpreter and data included
    n_steps: int | None  # of the budget; None for a budget in time
    seconds: float  # expected for the whole budget, evaluation not included

    @property
    def flops_per_second(self) -> float:
        """FLOP/s reached in training."""
        return self.flops_per_step / self.seconds_per_step


def calibrate(config: RunConfig, steps: int = 10) -> Calibration:
    """Do ``steps`` measured steps of ``config`` on its first batches; nothing is written."""
    if steps < 1:
        raise ConfigError(f"calibration needs at least 1 step, got {steps}")
    tune_machine()
    config = resolved(config)
    assert config.batch_size is not None
    assert config.optim.lr is not None
    fabric = fabric_for(config)
    learner = Learner(config, fabric)
    batches = config.task.training_batches(config.batch_size, config.seed)
    lr = config.optim.lr * warmup(0, config.schedule.warmup or 0)
    seconds = [learner.timed_step(step, lr, batches) for step in range(WARM + steps)]
    per_step, end = statistics.median(seconds[WARM:]), horizon(config)
    return Calibration(
        seconds_per_step=per_step,
        flops_per_step=flops_per_step(config),
        tokens_per_step=batches[0].n_units,
        peak_memory_bytes=peak_memory(fabric.device),
        n_steps=end.steps,
        seconds=end.seconds if end.steps is None else end.steps * per_step,
    )
