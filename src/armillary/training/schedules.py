"""How the learning rate moves: pure functions of the step (warm-up) and of the budget's used share.

The warm-up is counted in absolute steps and everything else is flat until the decay, so that runs of
different budgets are one and the same run until the shorter one starts to decay.
"""

from __future__ import annotations

import bisect
import math

from armillary.core.errors import RequestError
from armillary.training.config import RunConfig, ScheduleConfig
from armillary.training.horizon import horizon


def rate(schedule: ScheduleConfig, step: int, progress: float) -> float:
    """Return the learning rate of step ``step`` (from 0) as a share of the peak.

    ``progress`` is the share of the budget used before the step, 0 to 1.
    """
    warm = schedule.warmup or 0
    if schedule.shape == "inverse-sqrt":
        return warmup(step, warm) * inverse_sqrt(step, warm)
    return warmup(step, warm) * SHAPES[schedule.shape](schedule, progress)


def warmup(step: int, steps: int) -> float:
    """Return the share of the peak after a linear rise over the first ``steps`` steps."""
    return 1.0 if step >= steps else (step + 1) / steps


def wsd(schedule: ScheduleConfig, progress: float) -> float:
    """Stay at the peak, then fall linearly to the floor (Hu et al. 2024, MiniCPM; Haegele et al. 2024)."""
    if schedule.decay == 0:
        return 1.0
    left = min(1.0, (1.0 - progress) / schedule.decay)
    return schedule.floor + (1.0 - schedule.floor) * left


def cosine(schedule: ScheduleConfig, progress: float) -> float:
    """Fall along half a cosine to the floor (Loshchilov & Hutter 2017, SGDR)."""
    return schedule.floor + (1.0 - schedule.floor) * 0.5 * (1.0 + math.cos(math.pi * progress))


def inverse_sqrt(step: int, steps: int) -> float:
    """Fall as one over the root of the step, after a warm-up of ``steps`` (Vaswani et al. 2017, eq. 3)."""
    return math.sqrt(max(1, steps) / max(1, steps, step + 1))


SHAPES = {"wsd": wsd, "cosine": cosine}


def stable_steps(config: RunConfig) -> int:
    """Return the first step of the decay: a longer run of the same configuration is identical before it.

    Raises RequestError when the schedule has no stable phase or the budget is a time.
    """
    if config.schedule.shape != "wsd":
        raise RequestError(
            f"a {config.schedule.shape} schedule has no stable phase to branch from; use schedule.shape=wsd"
        )
    steps = horizon(config).steps
    if steps is None:
        raise RequestError(
            f"where the decay of {config.budget!r} starts depends on the clock; budget in steps"
        )
    return bisect.bisect_left(range(steps), True, key=lambda step: wsd(config.schedule, step / steps) < 1.0)
