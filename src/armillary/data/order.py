"""The order in which training batches come, as a pure function of seed and step.

Nothing here remembers what came before: asked for step 70,000, each class answers the same whether it
was asked for the 69,999 before or was made a moment ago.  That is what lets a killed run resume to the
same weights, and what lets two models see the same data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int, Integer

from armillary.core.errors import DataError
from armillary.data.batch import Batch

Indices = Int[np.ndarray, " batch"]
Make = Callable[[Indices, torch.Generator], Batch]

POOL = 64  # batches that a bucketed order sorts by length at a time


@dataclass(frozen=True, eq=False)
class StreamBatches:
    """Parallel streams through one long text, for language models.

    Row ``b`` at step ``s`` continues row ``b`` at step ``s - 1``, so that a recurrent model can carry
    its state over.  The text is a ring cut into ``batch_size`` arcs at an offset drawn for each epoch.
    An epoch reads each arc in whole contexts; the fewer than ``context`` tokens left over at the end of an
    arc are others in the next epoch, where every row starts anew.  A text shorter than one batch is read
    by overlapping rows.
    """

    tokens: Integer[np.ndarray, " n_tokens"]
    context: int  # tokens a row
    batch_size: int  # rows
    seed: int

    def __post_init__(self) -> None:
        if len(self.tokens) < 2:
            raise DataError(f"a text of {len(self.tokens)} tokens is too short to predict the next one from")

    @property
    def steps_per_epoch(self) -> int:
        return max(1, len(self.tokens) // (self.batch_size * self.context))

    def __getitem__(self, step: int) -> Batch:
        epoch, within = divmod(step, self.steps_per_epoch)
        starts = self._starts(epoch) + within * self.context
        places = (starts[:, None] + np.arange(self.context + 1)) % len(self.tokens)
        ids = torch.from_numpy(self.tokens[places].astype(np.int64))
        return Batch(inputs=ids[:, :-1], targets=ids[:, 1:])

    def _starts(self, epoch: int) -> Indices:
        """Return where in the text each row begins this epoch."""
        offset = _rng(self.seed, epoch).integers(len(self.tokens))
        rows = np.arange(self.batch_size)
        return np.asarray(offset + rows * len(self.tokens) // self.batch_size)


class ShuffledBatches:
    """Batches of ``batch_size`` from ``n`` examples, in a new permutation each epoch.

    The permutations follow each other without a seam: a batch at the end of an epoch is filled from the
    beginning of the next.  So all batches are of one size, and every run of ``n`` places that begins with
    an epoch holds each example once.

    ``make(indices, generator)`` builds the batch; the generator, seeded by (seed, step), is for whatever
    is drawn at random, such as augmentation.
    """

    def __init__(self, n: int, batch_size: int, seed: int, make: Make) -> None:
        self._order = _Permutations(n, seed)
        self._batch_size = batch_size
        self._seed = seed
        self._make = make

    @property
    def steps_per_epoch(self) -> int:
        return -(-self._order.n // self._batch_size)

    def __getitem__(self, step: int) -> Batch:
        start = step * self._batch_size
        indices = self._order[start : start + self._batch_size]
        return self._make(indices, _generator(self._seed, step))


class BucketedBatches:
    """Shuffled batches of examples of similar length, so that little of a batch is padding.

    The shuffled examples are taken in pools of up to ``pool`` batches; each pool is sorted by length and
    cut into batches, which come in a random order.  Every batch has the same number of examples, not of
    tokens: the loss is a mean over examples, so each of them then weighs the same in the gradient and one
    learning rate suits every step.
    """

    def __init__(
        self,
        lengths: Sequence[int] | Int[np.ndarray, " n"],
        batch_size: int,
        seed: int,
        make: Make,
        pool: int = POOL,
    ) -> None:
        self._lengths = np.asarray(lengths)
        self._order = _Permutations(len(self._lengths), seed)
        self._batch_size = batch_size
        self._seed = seed
        self._make = make
        self._pool_steps = max(1, min(pool, self._order.n // batch_size))
        self._planned = _Plan(-1, np.empty((0, 0), int))

    @property
    def steps_per_epoch(self) -> int:
        return -(-self._order.n // self._batch_size)

    def __getitem__(self, step: int) -> Batch:
        pool, within = divmod(step, self._pool_steps)
        if self._planned.number != pool:
            self._planned = _Plan(pool, self._plan(pool))
        return self._make(self._planned.rows[within], _generator(self._seed, step))

    def _plan(self, pool: int) -> Int[np.ndarray, "pool_steps batch"]:
        """Return the examples of each step of a pool."""
        size = self._pool_steps * self._batch_size
        examples = self._order[pool * size : (pool + 1) * size]
        by_length = examples[np.argsort(self._lengths[examples], kind="stable")]
        batches = by_length.reshape(self._pool_steps, self._batch_size)
        return _rng(self._seed, pool, 1).permutation(batches)


class _Plan(NamedTuple):
    """The last permutation or pool that was worked out, kept because the next step needs it too."""

    number: int
    rows: np.ndarray


class _Permutations:
    """The endless sequence of one permutation of ``n`` examples after another."""

    def __init__(self, n: int, seed: int) -> None:
        if n < 1:
            raise DataError("there are no training examples")
        self.n = n
        self._seed = seed
        self._planned = _Plan(-1, np.empty(0, int))

    def __getitem__(self, places: slice) -> Indices:
        epochs = range(places.start // self.n, -(-places.stop // self.n))
        joined = np.concatenate([self._permutation(epoch) for epoch in epochs])
        skipped = epochs.start * self.n
        return joined[places.start - skipped : places.stop - skipped]

    def _permutation(self, epoch: int) -> Int[np.ndarray, " n"]:
        if self._planned.number != epoch:
            self._planned = _Plan(epoch, _rng(self._seed, epoch).permutation(self.n))
        return self._planned.rows


def _rng(*key: int) -> np.random.Generator:
    return np.random.default_rng(key)


def _generator(seed: int, step: int) -> torch.Generator:
    """Return torch's generator for the random choices of one step."""
    state = np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state) % 2**63)
