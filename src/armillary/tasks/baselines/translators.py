"""Translations without a neural network: the source itself, a learnt dictionary, a translation memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from armillary.data.base import TextPair
from armillary.tasks.baselines.dictionary import Dictionary
from armillary.tasks.segmentation import words
from armillary.tasks.text_metrics import translation_metrics

AT_A_TIME = 256  # texts that are looked up together


def translation_baselines(train: Sequence[TextPair], test: Sequence[TextPair]) -> dict[str, dict[str, float]]:
    """Return the metrics of each baseline's translations of ``test``; see ``baseline_translations``."""
    sources, references = [pair.source for pair in test], [pair.target for pair in test]
    written = baseline_translations(train, sources)
    return {name: translation_metrics(texts, references, sources) for name, texts in written.items()}


def baseline_translations(train: Sequence[TextPair], sources: Sequence[str]) -> dict[str, list[str]]:
    """Return what each baseline makes of ``sources``, by its name.

    ``copy`` is the source as it is, ``dictionary`` each word's likeliest translation in order (IBM Model
    1), ``nearest`` the translation of the training source that is most like it.
    """
    known, translations = [pair.source for pair in train], [pair.target for pair in train]
    dictionary = Dictionary.train(known, translations)
    return {
        "copy": list(sources),
        "dictionary": [dictionary.translate(text) for text in sources],
        "nearest": nearest(known, translations, sources),
    }


def nearest(known: Sequence[str], translations: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Return, for each text, the translation of the ``known`` one of the largest TF-IDF cosine.

    A translation memory without a threshold; of a text that shares no word with any, nothing.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer=words, sublinear_tf=True, dtype=np.float32)
    memory = vectorizer.fit_transform(known).T.tocsc()
    rows = vectorizer.transform(texts)
    out: list[str] = []
    for start in range(0, len(texts), AT_A_TIME):
        alike = (rows[start : start + AT_A_TIME] @ memory).toarray()
        best = alike.argmax(axis=1)
        out += [translations[i] if row[i] > 0 else "" for i, row in zip(best, alike, strict=True)]
    return out
