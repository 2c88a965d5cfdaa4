"""Translation word by word: a dictionary learnt from pairs by IBM Model 1 (Brown et al. 1993)."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.trainers import UnigramTrainer

from armillary.tasks.parts import joined
from armillary.tasks.segmentation import UNSPACED

ITERATIONS = 5  # of expectation maximization, as Brown et al.
MAX_LINKS = 8_000_000  # pairs of words in pairs of sentences; of more, sentences evenly spread are taken
N_UNSPACED_WORDS = 4000
LONGEST_UNSPACED_WORD = 4  # characters
MAX_RUNS = 16_000  # of characters without spaces that words are learnt from; four times as many add nothing
UNKNOWN = "<unk>"

PIECE = re.compile(rf"[{UNSPACED}]+|(?:(?![{UNSPACED}])\w)+|[^\w\s]")
UNSPACED_RUN = re.compile(f"[{UNSPACED}]+")
SPACE_BEFORE_STOP = re.compile(r"\s+(?=[.,;:!?)\]])")

Words = list[str]
Ids = Int[np.ndarray, " _"]


@dataclass(frozen=True)
class Dictionary:
    """The likeliest translation of each word, by Model 1."""

    entries: dict[str, str]  # by the word in small letters
    source_words: Callable[[str], Words]

    @classmethod
    def train(cls, sources: Sequence[str], targets: Sequence[str]) -> Dictionary:
        """Learn from pairs of sentences; a word is cut out of Chinese or Japanese as the data suggest."""
        source_words, target_words = word_splitter(sources), word_splitter(targets)
        pairs = [
            ([word.lower() for word in source_words(source)], target_words(target))
            for source, target in zip(sources, targets, strict=True)
        ]
        return cls(best_translations(pairs), source_words)

    def translate(self, text: str) -> str:
        """Return ``text`` with each word exchanged for its translation, in order; unknown ones stay."""
        found = [self.entries.get(word.lower(), word) for word in self.source_words(text)]
        return SPACE_BEFORE_STOP.sub("", joined(found))


def best_translations(pairs: Sequence[tuple[Words, Words]]) -> dict[str, str]:
    """Return the f of largest t(f|e) for each word e of the sources.

    t is the lexical translation probability of IBM Model 1: each target word comes from one source word
    of its sentence, or from none (an empty word before each), all equally likely beforehand.
    """
    pairs = _within_limit([pair for pair in pairs if pair[0] and pair[1]])
    if not pairs:
        return {}
    source_ids, sources = _numbered([source for source, _ in pairs], first=1)
    target_ids, targets = _numbered([target for _, target in pairs], first=0)
    links = Links.of([np.append(ids, 0) for ids in source_ids], target_ids, len(targets))
    probabilities = links.learnt()
    order = np.lexsort((-probabilities, links.source))
    heads, first = np.unique(links.source[order], return_index=True)
    best = links.target[order[first]]
    return {sources[e - 1]: targets[f] for e, f in zip(heads.tolist(), best.tolist(), strict=True) if e}


@dataclass(frozen=True, eq=False)
class Links:
    """All (source word, target word) that occur in a pair of sentences, and where."""

    source: Int[np.ndarray, " n_kinds"]  # the words of each kind of link
    target: Int[np.ndarray, " n_kinds"]
    kind: Int[np.ndarray, " n_links"]  # of each link
    place: Int[np.ndarray, " n_links"]  # which running target word each link explains

    @classmethod
    def of(cls, sources: Sequence[Ids], targets: Sequence[Ids], n_targets: int) -> Links:
        both = list(zip(sources, targets, strict=True))
        e = np.concatenate([np.tile(source, len(target)) for source, target in both])
        f = np.concatenate([np.repeat(target, len(source)) for source, target in both])
        n_explaining = np.concatenate([np.full(len(target), len(source)) for source, target in both])
        kinds, kind = np.unique(e * n_targets + f, return_inverse=True)
        place = np.repeat(np.arange(len(n_explaining)), n_explaining)
        return cls(kinds // n_targets, kinds % n_targets, kind, place)

    def learnt(self, iterations: int = ITERATIONS) -> Float[np.ndarray, " n_kinds"]:
        """Return t(f|e) of each kind of link after expectation maximization from equal probabilities."""
        t = np.ones(len(self.source))
        for _ in range(iterations):
            share = t[self.kind]
            share /= np.bincount(self.place, share)[self.place]
            expected = np.bincount(self.kind, share)
            t = expected / np.bincount(self.source, expected)[self.source]
        return t


def word_splitter(texts: Sequence[str]) -> Callable[[str], Words]:
    """Return what cuts a text into words and punctuation marks, learnt from ``texts``.

    Runs of Chinese or Japanese characters are cut into the likeliest pieces by a unigram model (Kudo 2018)
    of those in ``texts``; other words stand between spaces.
    """
    runs = [run for text in texts for run in UNSPACED_RUN.findall(text)]
    return functools.partial(_split, cut=_unigram(runs) if runs else None)


def _split(text: str, cut: Tokenizer | None) -> Words:
    return [word for piece in PIECE.findall(text) for word in _cut(piece, cut)]


def _cut(piece: str, cut: Tokenizer | None) -> Iterator[str]:
    if cut is None or not UNSPACED_RUN.match(piece):
        yield piece
    else:
        yield from (piece[start:stop] for start, stop in cut.encode(piece).offsets)


def _unigram(runs: Sequence[str]) -> Tokenizer:
    tokenizer = Tokenizer(Unigram())
    trainer = UnigramTrainer(
        vocab_size=N_UNSPACED_WORDS,
        max_piece_length=LONGEST_UNSPACED_WORD,
        special_tokens=[UNKNOWN],
        unk_token=UNKNOWN,
        show_progress=False,
    )
    tokenizer.train_from_iterator(runs[:: len(runs) // MAX_RUNS + 1], trainer)
    return tokenizer


def _within_limit(pairs: Sequence[tuple[Words, Words]]) -> Sequence[tuple[Words, Words]]:
    n_links = sum((len(source) + 1) * len(target) for source, target in pairs)
    return pairs[:: n_links // MAX_LINKS + 1]


def _numbered(sentences: Sequence[Words], first: int) -> tuple[list[Ids], list[str]]:
    """Return the words of each sentence as numbers from ``first`` on, and the words in that order."""
    ids: dict[str, int] = {}
    numbered = [np.array([ids.setdefault(word, len(ids) + first) for word in words]) for words in sentences]
    return numbered, list(ids)
