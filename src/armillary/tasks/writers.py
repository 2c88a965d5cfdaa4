"""What writes the answers of a sequence task: a module of ours, or an engine that runs the same weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int, Integer
from torch import Tensor, nn

from armillary.data.batch import Batch
from armillary.models import generation
from armillary.models.generation import Writing, Written
from armillary.models.layers.padding import real_positions
from armillary.models.layers.product import fixed_weights
from armillary.models.layers.token_loss import IGNORED
from armillary.tasks.base import judged

Tokens = Integer[np.ndarray, " _"]  # of any length

BATCH_TOKENS = 2048  # of the sources that are read at a time, padding included


@runtime_checkable
class Writer(Protocol):
    """Writes what a model makes of rows of tokens."""

    def write_all(
        self, rows: Sequence[Tokens], writing: Writing, stop: int, max_tokens: int
    ) -> list[list[Written]]:
        """Return the best ``writing.n_best`` sequences for each row, the best first, without ``stop``."""


class TorchWriter:
    """Our own search (``models.generation``) over a module, rows of similar length together."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model

    def write_all(
        self, rows: Sequence[Tokens], writing: Writing, stop: int, max_tokens: int
    ) -> list[list[Written]]:
        """See ``Writer``."""
        written: dict[int, list[Written]] = {}
        with judged(self._model) as device, fixed_weights(self._model):
            for places in batches_by_length([len(row) for row in rows], BATCH_TOKENS):
                inputs, lengths = padded([rows[i] for i in places])
                best = generation.write(
                    self._model, inputs.to(device), lengths.to(device), writing, stop, max_tokens
                )
                written |= dict(zip(places, best, strict=True))
        return [written[i] for i in range(len(rows))]


def writer_of(model: nn.Module | Writer) -> Writer:
    """Return ``model`` if it writes by itself, else our search over it."""
    return model if isinstance(model, Writer) else TorchWriter(model)


def batches_by_length(lengths: Sequence[int], batch_tokens: int) -> list[list[int]]:
    """Return all places, the longest first, in groups that take at most ``batch_tokens`` when padded.

    A row longer than that is a group of its own.
    """
    groups: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        longest = lengths[groups[-1][0]] if groups else 0
        if groups and (len(groups[-1]) + 1) * longest <= batch_tokens:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def padded(rows: Sequence[Tokens]) -> tuple[Int[Tensor, "rows longest"], Int[Tensor, " rows"]]:
    """Return rows of tokens side by side, filled up with zeros to the longest, and their lengths."""
    lengths = [len(row) for row in rows]
    filled = np.zeros((len(rows), max(lengths)), np.int64)
    for i, row in enumerate(rows):
        filled[i, : len(row)] = row
    return torch.from_numpy(filled), torch.tensor(lengths)


def marked_targets(batch: Batch) -> Int[Tensor, "batch target"]:
    """Return the targets, padding marked as such."""
    real = real_positions(batch.target_lengths, batch.targets.shape[1])
    return batch.targets if real is None else batch.targets.masked_fill(~real, IGNORED)
