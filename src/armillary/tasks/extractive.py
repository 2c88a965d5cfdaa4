"""A trained extractor: the sentence of a text that comes nearest to its summary, learnt from pairs.

It writes nothing of its own, so that what it says is in the text: what a model that writes has to beat.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Num

from armillary.core.errors import DataError
from armillary.tasks.baselines.sentence_ranking import cosines, lexrank, rarities, textrank
from armillary.tasks.parts import joined
from armillary.tasks.segmentation import sentences, words
from armillary.tasks.text_metrics import ROUGE, sentence_scores

LEARNT_FROM = 4000  # pairs at most, evenly spread: ROUGE of the sentences of all would take minutes
LONGEST = 60  # sentences of a text that are considered; those behind the sixtieth are left
OPENINGS = (1, 2)  # words at a sentence's beginning that tell a stock phrase ("this package")
N_FEATURES = 18
SEED = 0


@dataclass(frozen=True)
class SplitText:
    """A text as its sentences, and the words of each."""

    sentences: list[str]
    words: list[list[str]]

    @classmethod
    def of(cls, text: str) -> SplitText:
        kept = sentences(text)[:LONGEST]
        return cls(kept, [words(sentence) for sentence in kept])

    def best(self, scores: Num[np.ndarray, " n"], n_sentences: int) -> str:
        """Return the ``n_sentences`` sentences of the highest scores, in the order of the text."""
        first = np.argsort(-scores, kind="stable")[:n_sentences]
        return joined([self.sentences[i] for i in sorted(first)])


@dataclass(frozen=True)
class Collection:
    """What is known of a collection of texts before any model: how rare words and openings are."""

    rarity: Mapping[str, float]  # inverse document frequency of words
    openings: Mapping[tuple[str, ...], int]  # in how many texts a sentence begins so
    n_texts: int
    summary_words: float  # mean length of a summary

    @classmethod
    def of(cls, texts: Sequence[SplitText], summaries: Sequence[str]) -> Collection:
        begun = Counter(o for text in texts for o in {o for s in text.words for o in _openings(s)})
        return cls(
            rarity=rarities([[word for sentence in text.words for word in sentence] for text in texts]),
            openings=begun,
            n_texts=len(texts),
            summary_words=float(np.mean([len(words(summary)) for summary in summaries])),
        )


@dataclass(frozen=True)
class Extractor:
    """A scorer of sentences: gradient-boosted trees that predict the ROUGE of each with the summary."""

    collection: Collection
    trees: Any  # a fitted HistGradientBoostingRegressor

    @classmethod
    def train(cls, texts: Sequence[SplitText], summaries: Sequence[str], collection: Collection) -> Extractor:
        """Learn from texts and their summaries; the target is the mean of ROUGE-1, -2 and -L (F1).

        A target is how far a sentence stands above its text's mean: which sentence, not which text, is
        what is to be learnt.  DataError when no text has two sentences to choose from.
        """
        from sklearn.ensemble import HistGradientBoostingRegressor

        learnt = [(t, s) for t, s in zip(texts, summaries, strict=True) if len(t.sentences) > 1]
        learnt = learnt[:: len(learnt) // LEARNT_FROM + 1]
        if not learnt:
            raise DataError("no text has two sentences to choose from: an extractor has nothing to learn")
        rows = np.concatenate([features(text, collection) for text, _ in learnt])
        targets = np.concatenate([_above_mean(text, summary) for text, summary in learnt])
        trees = HistGradientBoostingRegressor(max_iter=150, learning_rate=0.06, random_state=SEED)
        trees.fit(rows, targets)
        return cls(collection, trees)

    def summaries(self, texts: Sequence[SplitText], n_sentences: int = 1) -> list[str]:
        """Return the best sentences of each text; of a text without words, nothing."""
        rows = [features(text, self.collection) for text in texts]
        ends = np.cumsum([len(r) for r in rows])
        scores = np.split(self.trees.predict(np.concatenate(rows)), ends[:-1])
        return [text.best(s, n_sentences) for text, s in zip(texts, scores, strict=True)]


def rouge_of_sentences(text: SplitText, summary: str) -> Float[np.ndarray, " n"]:
    """Return the mean of ROUGE-1, -2 and -L of each sentence of ``text`` with ``summary``, 0 to 100."""
    if not text.sentences:
        return np.zeros(0)
    scores = sentence_scores("summarization", text.sentences, [summary] * len(text.sentences))
    return np.asarray(np.mean([scores[name] for name in ROUGE], axis=0))


def features(text: SplitText, collection: Collection) -> Float[np.ndarray, "n n_features"]:
    """Return what the trees see of each sentence: place, length, centrality, how stock and how rare it is."""
    n = len(text.sentences)
    if n == 0:
        return np.zeros((0, N_FEATURES))
    alike = cosines([*text.words, [w for s in text.words for w in s]], collection.rarity)
    ranks = [n * lexrank(text.words, collection.rarity), n * textrank(text.words)]
    lone = np.array([list(_alone(s, w, collection)) for s, w in zip(text.sentences, text.words, strict=True)])
    place = np.arange(n)
    together = [place, place / n, n - place, np.full(n, n), alike[:n, 0], alike[:n, n], *ranks]
    return np.column_stack([*together, lone])


def _alone(sentence: str, its_words: Sequence[str], collection: Collection) -> Iterator[float]:
    """Yield the features of a sentence that do not depend on the others of its text."""
    count = len(its_words)
    yield count
    yield math.log((count + 1) / (collection.summary_words + 1))
    yield sum(collection.rarity.get(word, 0.0) for word in its_words) / max(count, 1)
    yield from (collection.openings.get(o, 0) / collection.n_texts for o in _openings(its_words))
    yield sum(map(str.isupper, sentence)) / len(sentence)
    yield sum(map(str.isdigit, sentence)) / len(sentence)
    yield float(sentence[-1] in ":：")
    yield float(sentence[0] in "-*•")
    yield sentence.count(",") + sentence.count("，") + sentence.count("、")


def _openings(its_words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    yield from (tuple(its_words[:n]) for n in OPENINGS)


def _above_mean(text: SplitText, summary: str) -> Float[np.ndarray, " n"]:
    scores = rouge_of_sentences(text, summary)
    return np.asarray(scores - scores.mean())
