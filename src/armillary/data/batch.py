"""A batch of tensors, and the order in which batches come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, Self, runtime_checkable

import torch
from torch import Tensor

SAMPLE = 256  # batches: where lengths differ, the mean of so many is within a few per cent of all


@dataclass(frozen=True)
class Batch:
    """What one training step sees.

    ``targets`` is (batch,) class indices, (batch, seq) next tokens, (batch, target) tokens to be written, or
    (batch, channels, height, width) images to be drawn; ``lengths`` and ``target_lengths``, (batch,), say how
    many positions of each row of ``inputs`` and of ``targets`` are real where rows were padded.
    """

    inputs: Tensor
    targets: Tensor
    lengths: Tensor | None = None
    target_lengths: Tensor | None = None

    @property
    def n_examples(self) -> int:
        return self.inputs.shape[0]

    @property
    def n_units(self) -> int:
        """What the loss is a mean over: one per real target, one per image that is drawn."""
        if self.targets.is_floating_point():
            return self.n_examples
        return self.targets.numel() if self.target_lengths is None else int(self.target_lengths.sum())

    def rows(self, rows: slice) -> Self:
        """Return these examples alone."""
        return self._each(lambda tensor: tensor[rows])

    def to(self, device: torch.device) -> Self:
        return self._each(lambda tensor: tensor.to(device))

    def pinned_to(self, device: torch.device) -> Self:
        """Return the batch on a GPU, which fetches it from locked memory while this process goes on."""
        return self._each(lambda tensor: tensor.pin_memory().to(device, non_blocking=True))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Self:
        made = {name: change(tensor) for name, tensor in vars(self).items() if tensor is not None}
        return replace(self, **made)


@runtime_checkable
class Batches(Protocol):
    """Training batches as a pure function of the step: a resumed run needs to know nothing else."""

    def __getitem__(self, step: int) -> Batch:
        """Return the batch of optimizer step ``step`` (from 0, without end: epochs follow each other)."""

    @property
    def steps_per_epoch(self) -> int:
        """How many steps see every example once."""


def spread(batches: Batches) -> Iterator[Batch]:
    """Yield up to ``SAMPLE`` batches spread over an epoch, or one where all have the same shape."""
    first = batches[0]
    if first.lengths is None:
        yield first
        return
    n = batches.steps_per_epoch
    yield from (batches[step] for step in range(0, n, max(1, n // SAMPLE)))
