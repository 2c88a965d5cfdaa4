"""What writes the answers of a sequence task: a module of ours, or an engine that runs the same weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar, runtime_checkable

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

T = TypeVar("T")

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
        with judged(self._model) as device, fixed_weights(self._model):

            def written(places: list[int]) -> list[list[Written]]:
                inputs, lengths = padded([rows[i] for i in places])
                return generation.write(
                    self._model, inputs.to(device), lengths.to(device), writing, stop, max_tokens
                )

            return by_length([len(row) for row in rows], BATCH_TOKENS, written)


def writer_of(model: nn.Module | Writer) -> Writer:
    """Return ``model`` if it writes by itself, else our search over it."""
    return model if isinstance(model, Writer) else TorchWriter(model)


def by_length(
    lengths: Sequence[int], batch_tokens: int, answers: Callable[[list[int]], Iterable[T]]
) -> list[T]:
    """Return the answer for each place, those of similar length asked for together (``batches_by_length``).

    ``answers`` is given some places and returns theirs, in that order.
    """
    found: dict[int, T] = {}
    for places in batches_by_length(lengths, batch_tokens):
        found |= zip(places, answers(places), strict=True)
    return [found[place] for place in range(len(lengths))]


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
