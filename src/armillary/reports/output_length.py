"""How scores depend on the length of what was read; of a recording, on that of what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from armillary.fitting.uncertainty import Interval
from armillary.reports.output_text import n_words
from armillary.runs.judgement import Judgement

_FEWEST = 8  # examples of a bucket; smaller ones join a neighbour
_DRAWS = 1000


@dataclass(frozen=True)
class Bucket:
    """The examples whose sources have ``low`` to ``high`` words."""

    low: int
    high: int
    n_examples: int
    mean: float  # score
    interval: Interval  # 95%, of the mean, by the bootstrap over examples

    @property
    def name(self) -> str:
        return f"{self.low}" if self.low == self.high else f"{self.low}–{self.high}"


def texts_read(judgement: Judgement) -> list[str]:
    """Return the texts whose lengths matter: the sources, or of recordings what was said."""
    return [e.source if judgement.reads == "texts" else e.reference for e in judgement.examples]


def edges(sources: Sequence[str]) -> list[tuple[int, int]]:
    """Return the ranges of words, about doubling each time, that ``sources`` fall into."""
    lengths = np.array([n_words(source) for source in sources])
    limits = [4 * 2**k for k in range(32) if 4 * 2**k < lengths.max()] + [int(lengths.max())]
    ranges: list[tuple[int, int]] = []
    low = int(lengths.min())
    for i, high in enumerate(limits):
        rest = np.count_nonzero(lengths > high)
        enough = np.count_nonzero((lengths >= low) & (lengths <= high)) >= _FEWEST
        if i == len(limits) - 1 or (enough and rest >= _FEWEST):
            ranges.append((low, high))
            low = high + 1
    return ranges


def by_length(judgement: Judgement, ranges: Sequence[tuple[int, int]]) -> list[Bucket]:
    """Return the mean score in each of the ``ranges`` of lengths of the texts that were read."""
    examples = judgement.examples
    lengths = np.array([n_words(text) for text in texts_read(judgement)])
    scores = np.array([example.score for example in examples])
    rng = np.random.default_rng(0)
    buckets = []
    for low, high in ranges:
        mine = scores[(lengths >= low) & (lengths <= high)]
        means = rng.choice(mine, (_DRAWS, len(mine))).mean(axis=1)
        ends = np.quantile(means, (0.025, 0.975))
        interval = Interval(low=float(ends[0]), high=float(ends[1]), level=0.95)
        buckets.append(Bucket(low, high, len(mine), float(mine.mean()), interval))
    return buckets
