"""Which sentences of a text are central: TextRank and LexRank, PageRank on a graph of its sentences.

A sentence is given as its words; ranks of a text sum to 1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

DAMPING = 0.85  # Brin & Page 1998, and both papers
SIMILAR = 0.1  # cosine above which LexRank joins two sentences: the threshold that Erkan & Radev chose

Sentences = Sequence[Sequence[str]]


def textrank(sentences: Sentences) -> Float[np.ndarray, " n"]:
    """Return the TextRank of each sentence (Mihalcea & Tarau 2004).

    Two sentences are as similar as the number of words they share, over log |a| + log |b|; a sentence is
    no neighbour of itself.  All words count: which are function words depends on the language.
    """
    has = (_counts(sentences, {}) > 0).astype(float)
    logs = np.log(np.maximum([len(sentence) for sentence in sentences], 1))
    lengths = logs[:, None] + logs[None, :]
    shared = has @ has.T
    weights = np.divide(shared, lengths, out=shared, where=lengths > 0)  # of two single words: 1 or 0
    np.fill_diagonal(weights, 0.0)
    return pagerank(weights)


def lexrank(sentences: Sentences, rarity: Mapping[str, float] | None = None) -> Float[np.ndarray, " n"]:
    """Return the LexRank of each sentence (Erkan & Radev 2004): neighbours have a cosine above 0.1.

    ``rarity`` is the inverse document frequency of words in a larger collection (see ``rarities``); a
    word it lacks is as rare as its rarest.  Without it all words weigh the same.
    """
    return pagerank((cosines(sentences, rarity or {}) > SIMILAR).astype(float))


def cosines(sentences: Sentences, rarity: Mapping[str, float]) -> Float[np.ndarray, "n n"]:
    """Return the cosine of every two sentences' word counts, weighed by ``rarity``; 0 of an empty one."""
    vectors = _counts(sentences, rarity)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return np.asarray(directions @ directions.T)


def pagerank(weights: Float[np.ndarray, "n n"]) -> Float[np.ndarray, " n"]:
    """Return the ranks p = (1 - d) / n + d W' p, where W is ``weights`` with rows of sum 1.

    A node without neighbours leads everywhere alike, as in Brin & Page's own.
    """
    n = len(weights)
    sums = weights.sum(axis=1, keepdims=True)
    leads = np.divide(weights, sums, out=np.full((n, n), 1 / max(n, 1)), where=sums > 0)
    return np.linalg.solve(np.eye(n) - DAMPING * leads.T, np.full(n, (1 - DAMPING) / max(n, 1)))


def rarities(documents: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return log(N / n) of each word, where n of the N documents have it (Spärck Jones 1972)."""
    frequency = Counter(word for document in documents for word in set(document))
    return {word: math.log(len(documents) / n) for word, n in frequency.items()}


def _counts(sentences: Sentences, rarity: Mapping[str, float]) -> Float[np.ndarray, "n n_words"]:
    """Return how often each sentence has each word, times the word's rarity."""
    known = {word: i for i, word in enumerate(dict.fromkeys(w for s in sentences for w in s))}
    rarest = max(rarity.values(), default=1.0)
    counts = np.zeros((len(sentences), len(known)))
    for row, sentence in enumerate(sentences):
        np.add.at(counts[row], np.array([known[word] for word in sentence], int), 1.0)
    return np.asarray(counts * np.array([rarity.get(word, rarest) for word in known]))
