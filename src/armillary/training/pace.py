"""How fast training goes, from the clock and what was seen."""

from __future__ import annotations

import dataclasses
import math

from armillary.training.logbook import Seen
from armillary.training.progress import Report

SHOW_EVERY = 0.5  # seconds between two reports


class Pace:
    """Speeds since training began or went on at ``seen`` and ``progress``, without the pauses between steps.

    ``peak`` is the machine's FLOP/s in large matrix products.
    """

    def __init__(self, seen: Seen, progress: float, peak: float) -> None:
        self._begun, self._progress = dataclasses.replace(seen), progress
        self._peak = peak
        self._paused = 0.0
        self._shown = seen.seconds

    def pause(self, seconds: float) -> None:
        """Leave ``seconds`` of evaluating or saving out of the speeds (not out of the time left)."""
        self._paused += seconds

    def due(self, seconds: float) -> bool:
        """Return whether it is time for another report after ``seconds`` of training."""
        if seconds - self._shown < SHOW_EVERY:
            return False
        self._shown = seconds
        return True

    def report(self, seen: Seen, progress: float, loss: float, unit: str) -> Report:
        """Return where training stands."""
        elapsed = seen.seconds - self._begun.seconds
        busy = max(elapsed - self._paused, 1e-9)
        gained = progress - self._progress
        return Report(
            step=seen.step,
            progress=progress,
            loss=loss,
            unit=unit,
            tokens_per_second=(seen.n_tokens - self._begun.n_tokens) / busy,
            flops_per_second=(seen.train_flops - self._begun.train_flops) / busy,
            peak=self._peak,
            seconds_left=elapsed / gained * (1.0 - progress) if gained > 0 else math.inf,
        )
