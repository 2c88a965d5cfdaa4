"""What the races of encoder-decoders share: the shape, the sentences, and how peers see them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from armillary.data.base import SOURCES, Source, Split, TextPair
from armillary.models.generation import Writing
from armillary.models.signature import Signature
from armillary.models.transformer import ClassicTransformerConfig
from armillary.tasks.translation import Translation

VOCABULARY, WIDTH, LAYERS, HEADS, HIDDEN = 8192, 256, 4, 4, 1024
LONGEST = 128  # tokens of a source or target, the end mark included
BATCH = 64  # pairs
POOL = 50  # batches that peers sort by length at a time, as transformers does
PAD = VOCABULARY  # id that peers fill training batches up with: a row more than ours
IGNORED = -100  # a target that is padding

SIGNATURE = Signature(
    inputs="tokens", outputs="tokens", vocab_size=VOCABULARY, length=LONGEST, target_length=LONGEST
)

Ids = np.ndarray[Any, np.dtype[np.int64]]


@SOURCES.register("benchmark-pairs")
@dataclass(frozen=True, kw_only=True)
class BenchmarkPairs(Source):
    """Training pairs of another source; of the others a few, for judging is not timed."""

    kind: ClassVar[str] = "benchmark-pairs"
    example: ClassVar[type] = TextPair
    licence: ClassVar[str] = "that of the other source"
    citation: ClassVar[str] = "that of the other source"
    of: Source

    def split(self, name: Split) -> Sequence[TextPair]:
        pairs: Sequence[TextPair] = self.of.split(name)
        return pairs if name == "train" else pairs[:8]


@functools.cache
def task(source: str) -> Translation:
    """Return the translation task on the source of this name."""
    return Translation(
        source=BenchmarkPairs(of=SOURCES[source]()),
        max_source=LONGEST,
        max_target=LONGEST,
        varied_spans=0.0,
        writing=Writing(max_tokens=2),
        judged_examples=1,
    )


def model_config(dropout: float) -> ClassicTransformerConfig:
    """Return our encoder-decoder: MarianMTModel's architecture, the paper's."""
    return ClassicTransformerConfig(
        d_model=WIDTH, n_layers=LAYERS, n_heads=HEADS, d_ff=HIDDEN, dropout=dropout
    )


@functools.cache
def encoded_pairs(source: str) -> list[tuple[Ids, Ids]]:
    """Return the tokens of the training pairs that are short enough, as ours learns from them."""
    texts = task(source).source.split("train")
    sources, targets = (
        [ids.astype(np.int64) for ids in task(source).encode(side)]
        for side in ([pair.source for pair in texts], [pair.target for pair in texts])
    )
    return [pair for pair in zip(sources, targets, strict=True) if max(map(len, pair)) <= LONGEST]


def random_batches(pairs: Sequence[tuple[Ids, Ids]], seed: int) -> Iterator[list[tuple[Ids, Ids]]]:
    """Yield shuffled batches without end."""
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(pairs))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            yield [pairs[i] for i in order[start : start + BATCH]]


def bucketed_batches(pairs: Sequence[tuple[Ids, Ids]], seed: int) -> Iterator[list[tuple[Ids, Ids]]]:
    """Yield shuffled batches of similar length without end: pools sorted by source, then by target."""
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(pairs))
        for start in range(0, len(order) - BATCH * POOL + 1, BATCH * POOL):
            pool = [pairs[i] for i in order[start : start + BATCH * POOL]]
            pool.sort(key=lambda pair: (len(pair[0]), len(pair[1])))
            for place in rng.permutation(POOL):
                yield pool[place * BATCH : (place + 1) * BATCH]


def padded(rows: Sequence[Ids], fill: int) -> Tensor:
    """Return rows as one tensor, filled up with ``fill``."""
    tensors = [torch.from_numpy(row) for row in rows]
    return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=fill)


def n_tokens(batch: Sequence[tuple[Ids, Ids]]) -> int:
    """Return the target tokens of a batch."""
    return sum(len(target) for _, target in batch)
