"""How sure a score of a whole test set is, and whether two systems differ: by resampling sentences.

What is resampled are each sentence's sufficient statistics (matched n-grams, lengths, edits), never its
text: a thousand resamples are one product of matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Num

from armillary.runs.judgement import PairedScore

N_RESAMPLES = 1000
N_TRIALS = 10_000
SEED = 12345  # the one sacrebleu draws with, so that its figures are ours
AT_A_TIME = 2**22  # choices of sentences held in memory

Score = Callable[[Float[np.ndarray, "*batch n_counts"]], Float[np.ndarray, "*batch"]]


@dataclass(frozen=True, eq=False)
class Statistics:
    """What a corpus score is computed from: counts of each sentence, and the function of their sum."""

    counts: Float[np.ndarray, "n n_counts"]
    score: Score

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def corpus(self) -> float:
        """The score of all sentences together."""
        return float(self.score(self.counts.sum(axis=0)))


def interval(statistics: Statistics, n_resamples: int = N_RESAMPLES) -> tuple[float, float]:
    """Return the 95% interval of a corpus score: percentiles of bootstrap resamples of its sentences."""
    low, high = np.percentile(statistics.score(resampled(statistics.counts, n_resamples)), [2.5, 97.5])
    return float(low), float(high)


def paired_test(
    ours: Statistics, theirs: Statistics, n_resamples: int = N_RESAMPLES, n_trials: int = N_TRIALS
) -> PairedScore:
    """Test the difference of two systems on the same sentences, in the same order.

    The interval is that of the paired bootstrap (Koehn 2004): both systems are scored on the same
    resamples.  The p-value is that of approximate randomization (Noreen 1989; Riezler & Maxwell 2005):
    for each sentence a coin decides which output counts for which system.  ValueError when the systems
    have different numbers of sentences.
    """
    if len(ours) != len(theirs):
        raise ValueError(f"a paired test takes the same sentences twice, got {len(ours)} and {len(theirs)}")
    sums = resampled(np.hstack([ours.counts, theirs.counts]), n_resamples)
    width = ours.counts.shape[1]
    differences = ours.score(sums[:, :width]) - theirs.score(sums[:, width:])
    low, high = np.percentile(differences, [2.5, 97.5])
    return PairedScore(
        ours=ours.corpus,
        theirs=theirs.corpus,
        difference=ours.corpus - theirs.corpus,
        low=float(low),
        high=float(high),
        p_value=_randomization(ours, theirs, n_trials),
    )


def paired_tests(ours: Mapping[str, Statistics], theirs: Mapping[str, Statistics]) -> dict[str, PairedScore]:
    """Return ``paired_test`` of each metric, by its name."""
    return {name: paired_test(ours[name], theirs[name]) for name in ours}


def resampled(
    counts: Float[np.ndarray, "n n_counts"], n_resamples: int, seed: int = SEED
) -> Float[np.ndarray, "n_resamples n_counts"]:
    """Return the sums of ``counts`` over bootstrap resamples: n sentences drawn with replacement."""
    n, draw = len(counts), np.random.default_rng(seed)
    return np.concatenate(
        [_times_drawn(draw.integers(n, size=(m, n))) @ counts for m in _chunks(n_resamples, n)]
    )


def _times_drawn(drawn: Int[np.ndarray, "resamples n"]) -> Float[np.ndarray, "resamples n"]:
    """Return how often each sentence was drawn in each resample."""
    m, n = drawn.shape
    places = (drawn + n * np.arange(m)[:, None]).ravel()
    return np.bincount(places, minlength=m * n).reshape(m, n).astype(float)


def _randomization(a: Statistics, b: Statistics, n_trials: int) -> float:
    """Return the share of trials whose difference is at least the real one, that one among them.

    sacrebleu counts larger differences alone, which gives two equal systems the smallest of p-values.
    """
    n, draw = len(a), np.random.default_rng(SEED)
    sum_a, sum_b = a.counts.sum(axis=0), b.counts.sum(axis=0)
    real = abs(b.corpus - a.corpus)
    as_large = 0
    for m in _chunks(n_trials, n):
        swapped: Bool[np.ndarray, "m n"] = draw.integers(2, size=(m, n), dtype=bool)
        moved: Num[np.ndarray, "m n_counts"] = swapped.astype(float) @ (b.counts - a.counts)
        shuffled = b.score(sum_b - moved) - a.score(sum_a + moved)
        as_large += int((np.abs(shuffled) >= real * (1 - 1e-9)).sum())
    return (as_large + 1) / (n_trials + 1)


def _chunks(rows: int, n: int) -> Iterator[int]:
    """Yield how many of ``rows`` rows of ``n`` entries to make at a time."""
    step = max(1, AT_A_TIME // max(n, 1))
    yield from (min(step, rows - start) for start in range(0, rows, step))


def means(values: Any) -> Statistics:
    """Return the statistics of a score that is the mean of ``values``, one a sentence."""
    values = np.asarray(values, float)
    return Statistics(np.stack([values, np.ones(len(values))], axis=1), _mean)


def _mean(sums: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch"]:
    return np.asarray(sums[..., 0] / sums[..., 1])
