"""An exponential moving average of the weights, which is evaluated and saved in their place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import nn

from armillary.training.parallel import local


class WeightAverage:
    """Keeps ``average = d * average + (1 - d) * weights`` over steps (Polyak & Juditsky 1992).

    ``d`` is ``decay``, and less at the start, (1 + n) / (10 + n) after ``n`` steps, so that the initial
    weights do not linger.  Running statistics of norms are averaged too; counters are taken as they are.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._decay = decay
        weights = [local(t.data) for t in (*model.parameters(), *model.buffers())]
        self._weights = [t for t in weights if t.is_floating_point()]
        self._averages = [t.clone() for t in self._weights]

    def update(self, step: int) -> None:
        """Take in the weights after ``step`` steps."""
        decay = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._averages, self._weights, 1.0 - decay)

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Let the model have the averaged weights inside the block and its own again after it."""
        own = [t.clone() for t in self._weights]
        torch._foreach_copy_(self._weights, self._averages)
        try:
            yield
        finally:
            torch._foreach_copy_(self._weights, own)

    def take(self) -> None:
        """Make the model's present weights the average: used after these were read from a checkpoint."""
        torch._foreach_copy_(self._averages, self._weights)
