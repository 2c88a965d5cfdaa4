"""Summaries without a model that writes: the beginning of a text, its central or its best sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from armillary.data.base import TextPair
from armillary.tasks.baselines.sentence_ranking import lexrank, textrank
from armillary.tasks.extractive import Collection, Extractor, SplitText, rouge_of_sentences
from armillary.tasks.segmentation import WORD, sentences
from armillary.tasks.text_metrics import summary_metrics

ORACLE = "oracle-sentence"  # knows the reference: no baseline but the bound of all that choose a sentence


def summary_baselines(train: Sequence[TextPair], test: Sequence[TextPair]) -> dict[str, dict[str, float]]:
    """Return the metrics of each baseline's summaries of ``test``; see ``baseline_summaries``."""
    sources, references = [pair.source for pair in test], [pair.target for pair in test]
    written = baseline_summaries(train, test)
    return {name: summary_metrics(texts, references, sources) for name, texts in written.items()}


def baseline_summaries(train: Sequence[TextPair], test: Sequence[TextPair]) -> dict[str, list[str]]:
    """Return what each baseline makes of the sources of ``test``, by its name.

    ``lead-1`` (lead-3, ...) is the first sentences, as many as a summary in ``train`` has; ``lead-words``
    the first words, as many as it has.  ``textrank``, ``lexrank`` and ``extractive`` take as many of the
    best sentences; the last has learnt which from ``train``, and is left out where no text of it has two
    sentences.  ``oracle-sentence`` is the one sentence with the best ROUGE, chosen by the reference: what
    choosing a sentence could reach, and no system.
    """
    n = max(1, round(float(np.mean([len(sentences(pair.target)) for pair in train]))))
    known = [SplitText.of(pair.source) for pair in train]
    summaries = [pair.target for pair in train]
    collection = Collection.of(known, summaries)
    asked = [SplitText.of(pair.source) for pair in test]
    out = {
        f"lead-{n}": [text.best(-np.arange(len(text.sentences)), n) for text in asked],
        "lead-words": [first_words(pair.source, max(1, round(collection.summary_words))) for pair in test],
        "textrank": [text.best(textrank(text.words), n) for text in asked],
        "lexrank": [text.best(lexrank(text.words, collection.rarity), n) for text in asked],
    }
    if any(len(text.sentences) > 1 for text in known):
        out["extractive"] = Extractor.train(known, summaries, collection).summaries(asked, n)
    pairs = zip(asked, test, strict=True)
    out[ORACLE] = [text.best(rouge_of_sentences(text, pair.target), 1) for text, pair in pairs]
    return out


def first_words(text: str, n_words: int) -> str:
    """Return the beginning of ``text`` up to its ``n_words``-th word; white space made single."""
    ends = [match.end() for match in WORD.finditer(text)]
    return " ".join(text[: ends[n_words - 1] if 0 < n_words <= len(ends) else len(text)].split())
