"""Compute of training: FLOP of a forward and backward pass, counted operation by operation, never run.

Counting happens on the meta device (shapes without numbers): there the fused LSTM kernel, of which
the counter sees nothing on a CPU, appears as the matrix products that it is made of.  A multiply-add is two
FLOP; attention is counted whole, the masked half included, as torch's counter does.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from armillary.data.batch import Batch
from armillary.tasks.base import Task
from armillary.training.config import RunConfig

ROWS = 2  # batch norm refuses a single row
SAMPLE = 16  # batches looked at where rows differ in length


class FlopCounter:
    """FLOP of training on a batch, from its shape; counted once for each shape that is new.

    Rows of tokens may differ in length from batch to batch: convolutions, recurrences and projections
    grow linearly with it and attention quadratically, so three lengths give the polynomial of all.
    """

    def __init__(self, config: RunConfig) -> None:
        self._task = config.task
        with torch.device("meta"):
            self._model = config.model.build()
        longest = self._task.signature().length
        self._lengths = sorted({-(-longest // 4), -(-longest // 2), longest})
        self._counted: dict[int | None, int] = {}  # FLOP of ROWS rows by their length
        self._known: dict[torch.Size, float] = {}

    def __call__(self, batch: Batch) -> float:
        """Return the FLOP of forward and backward on ``batch``."""
        shape = batch.inputs.shape
        flops = self._known.get(shape)
        if flops is None:
            varies = batch.lengths is not None and len(self._lengths) == 3
            per_rows = self._interpolated(shape[1]) if varies else self._count(self._length(batch))
            flops = self._known[shape] = float(per_rows) * shape[0] / ROWS
        return flops

    def _length(self, batch: Batch) -> int | None:
        return batch.inputs.shape[1] if batch.inputs.ndim == 2 else None

    def _interpolated(self, length: int) -> Fraction:
        """Return the value at ``length`` of the parabola through the counts at three lengths (Lagrange)."""
        total = Fraction(0)
        for at in self._lengths:
            term = Fraction(self._count(at))
            for other in self._lengths:
                if other != at:
                    term *= Fraction(length - other, at - other)
            total += term
        return total

    def _count(self, length: int | None) -> int:
        if length not in self._counted:
            self._counted[length] = count(self._task, self._model, self._task.dummy_batch(ROWS, length))
        return self._counted[length]


def count(task: Task, model: nn.Module, batch: Batch) -> int:
    """Return the FLOP of the loss of ``batch`` and its gradient; ``model`` lives on the meta device."""
    meta = replace(batch, inputs=batch.inputs.to("meta"), targets=batch.targets.to("meta"), lengths=None)
    with FlopCounterMode(display=False) as counter:
        loss, _ = task.loss(model, meta)
        loss.backward()
    model.zero_grad()
    return int(counter.get_total_flops())


def flops_per_step(config: RunConfig) -> float:
    """Return the FLOP of one step of ``config``, whose batch size is known; a mean where batches differ."""
    assert config.batch_size is not None
    counter = FlopCounter(config)
    batches = config.task.training_batches(config.batch_size, config.seed)
    if batches[0].lengths is None:
        return counter(batches[0])
    steps = range(0, batches.steps_per_epoch, max(1, batches.steps_per_epoch // SAMPLE))
    return sum(counter(batches[step]) for step in steps) / len(steps)
