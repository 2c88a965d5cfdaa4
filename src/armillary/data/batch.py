"""A batch of tensors, and the order in which batches come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self, runtime_checkable

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """What one training step sees.

    ``targets`` is (batch,) class indices or (batch, seq) next tokens; ``lengths`` (batch,) says how
    many positions of each row of ``inputs`` are real when rows were padded.
    """

    inputs: Tensor
    targets: Tensor
    lengths: Tensor | None = None

    @property
    def n_examples(self) -> int:
        return self.inputs.shape[0]

    @property
    def n_units(self) -> int:
        """What the loss is a mean over: one per target."""
        return self.targets.numel()

    def to(self, device: torch.device) -> Self:
        moved = None if self.lengths is None else self.lengths.to(device)
        return replace(self, inputs=self.inputs.to(device), targets=self.targets.to(device), lengths=moved)


@runtime_checkable
class Batches(Protocol):
    """Training batches as a pure function of the step: a resumed run needs to know nothing else."""

    def __getitem__(self, step: int) -> Batch:
        """Return the batch of optimizer step ``step`` (from 0, without end: epochs follow each other)."""

    @property
    def steps_per_epoch(self) -> int:
        """How many steps see every example once."""
