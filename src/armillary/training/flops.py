"""Compute of training: FLOP of a forward and backward pass, counted operation by operation, never run.

Counting happens on the meta device (shapes without numbers): there the fused LSTM kernel, of which
the counter sees nothing on a CPU, appears as the matrix products that it is made of.  A multiply-add is two
FLOP; attention is counted whole, the masked half included, as torch's counter does.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from armillary.data.batch import Batch, spread
from armillary.tasks.base import Task
from armillary.training.config import RunConfig

ROWS = 2  # batch norm refuses a single row
SHARES = (0.25, 0.5, 1.0)  # lengths at which FLOP are counted, as shares of the longest

Lengths = tuple[int, ...]  # of the padded sides of a batch: inputs, targets


class FlopCounter:
    """FLOP of training on a batch, from its shape; counted once for each shape that is new.

    Rows of tokens may differ in length from batch to batch, those read and those written.
    Convolutions, recurrences and projections grow linearly with a length and attention with the product
    of two, so a polynomial of degree two through a few counts is exact at all.
    """

    def __init__(self, config: RunConfig) -> None:
        self._task = config.task
        with torch.device("meta"):
            self._model = config.model.build()
        signature = self._task.signature()
        self._longest = signature.length, signature.target_length
        self._polynomial: Callable[[Lengths], float] | None = None
        self._known: dict[tuple[torch.Size, torch.Size], float] = {}

    def __call__(self, batch: Batch) -> float:
        """Return the FLOP of forward and backward on ``batch``."""
        shape = batch.inputs.shape, batch.targets.shape
        flops = self._known.get(shape)
        if flops is None:
            lengths = _lengths(batch)
            per_rows = self._interpolated(batch, lengths) if lengths else self._count(batch, ())
            flops = self._known[shape] = float(per_rows) * batch.n_examples / ROWS
        return flops

    def _interpolated(self, batch: Batch, lengths: Lengths) -> float:
        longest = self._longest[: len(lengths)]
        if min(longest) < len(SHARES):  # too short for so many nodes
            return self._count(batch, lengths)
        if self._polynomial is None:
            self._polynomial = quadratic(lambda at: self._count(batch, at), longest)
        return self._polynomial(lengths)

    def _count(self, batch: Batch, lengths: Lengths) -> int:
        return count(self._task, self._model, _shaped_like(batch, lengths))


def quadratic(value: Callable[[Lengths], float], longest: Lengths) -> Callable[[Lengths], float]:
    """Return the polynomial of degree two in all lengths together that agrees with ``value``.

    Looked at where the indices of the nodes add up to at most two, which determines it (the principal
    lattice: Chung & Yao 1977).
    """
    nodes = [[math.ceil(n * share) for share in SHARES] for n in longest]
    lattice = [
        tuple(axis[i] for axis, i in zip(nodes, at, strict=True))
        for at in itertools.product(range(3), repeat=len(longest))
        if sum(at) <= 2
    ]
    terms = np.array([_terms(at, longest) for at in lattice])
    coefficients = np.linalg.solve(terms, [value(at) for at in lattice])
    return lambda lengths: float(np.round(_terms(lengths, longest) @ coefficients))


def _terms(lengths: Lengths, longest: Lengths) -> np.ndarray:
    """Return all products of up to two lengths, in shares of the longest."""
    shares = [1.0, *(n / most for n, most in zip(lengths, longest, strict=True))]
    return np.array([a * b for a, b in itertools.combinations_with_replacement(shares, 2)])


def _lengths(batch: Batch) -> Lengths:
    """Return the lengths of the sides of ``batch`` that differ from batch to batch."""
    if batch.lengths is None:
        return ()
    written = () if batch.target_lengths is None else (batch.targets.shape[1],)
    return batch.inputs.shape[1], *written


def _shaped_like(batch: Batch, lengths: Lengths) -> Batch:
    """Return ``ROWS`` rows on the meta device like those of ``batch``, of these lengths."""

    def empty(like: Tensor, length: Lengths) -> Tensor:
        rest = (*length, *like.shape[1 + len(length) :])
        return torch.empty((ROWS, *rest), dtype=like.dtype, device="meta")

    of_targets = lengths[1:] or lengths[: batch.targets.ndim - 1]  # a label has no length
    if batch.targets.is_floating_point():  # nor has an image
        of_targets = ()
    return Batch(empty(batch.inputs, lengths[:1]), empty(batch.targets, of_targets))


def count(task: Task, model: nn.Module, batch: Batch) -> int:
    """Return the FLOP of the loss of ``batch`` and its gradient; ``model`` lives on the meta device."""
    meta = replace(batch.to(torch.device("meta")), lengths=None, target_lengths=None)
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
    return statistics.fmean(counter(batch) for batch in spread(batches))
