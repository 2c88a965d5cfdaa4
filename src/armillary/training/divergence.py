"""Notice that training has gone wrong, early, and say what to try."""

from __future__ import annotations

import math

from armillary.core.errors import DivergenceError
from armillary.training.config import RunConfig

RUNAWAY = 2.0  # times the first loss
SLACK = 1.0  # nats beyond that, for losses that start near zero


class DivergenceWatch:
    """Looks at the mean loss each time it is read; ``first`` is the earliest one, near that of guessing."""

    def __init__(self, config: RunConfig, first: float | None = None) -> None:
        self._config = config
        self.first = first
        self._last = (0, math.nan)  # step, loss

    def look(self, step: int, loss: float, grad_norm: float, lr: float) -> None:
        """Raise DivergenceError when training cannot succeed any more."""
        finite = math.isfinite(loss) and math.isfinite(grad_norm)
        if finite and self.first is None:
            self.first = loss
        if finite and self.first is not None and loss <= RUNAWAY * self.first + SLACK:
            self._last = (step, loss)
            return
        what = (
            f"the loss ran away to {loss:.3g}" if finite else "the loss or its gradient is no longer finite"
        )
        raise DivergenceError(
            f"{what} at step {step} (learning rate {lr:.3g}{self._before()}); {self._advice()}"
        )

    def _before(self) -> str:
        step, loss = self._last
        return f", loss {loss:.3g} at step {step}" if math.isfinite(loss) else ""

    def _advice(self) -> str:
        optim, schedule = self._config.optim, self._config.schedule
        assert optim.lr is not None
        warmup = max(100, 3 * (schedule.warmup or 0))
        clip = optim.clip / 3 if optim.clip else 1.0
        return (
            f"start again with a lower peak (optim.lr={optim.lr / 3:.2g}), a longer warm-up "
            f"(schedule.warmup={warmup}) or harder clipping (optim.clip={clip:.2g})"
        )
