"""A language model that weighs in on what is heard: an n-gram over the tokens of texts."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from armillary.data.tokenizers import Tokenizer
from armillary.models.generation.ctc import Text
from armillary.tasks.baselines.ngram import NgramModel

KEPT = 2**14  # histories, each with what is known of all tokens


class LanguageScorer:
    """See ``models.generation.ctc.Scorer``.  The ids are the tokenizer's plus one, blank being 0."""

    def __init__(self, texts: Sequence[str], tokenizer: Tokenizer, order: int) -> None:
        self._end = tokenizer.end_of_text
        rows = [np.append(ids.astype(np.int64), self._end) for ids in tokenizer.encode_all(list(texts))]
        # A text begins behind the end of another.
        running = np.concatenate([np.array([self._end]), *rows])
        self._model = NgramModel.train(running, tokenizer.vocab_size, order)
        self._tokens = np.arange(tokenizer.vocab_size)
        self._log_probs = functools.lru_cache(maxsize=KEPT)(self._scored)

    def log_probs(self, text: Text) -> list[float]:
        """Return ln p(token | text) of each token."""
        return self._log_probs(self._history(text))

    def end_log_prob(self, text: Text) -> float:
        """Return ln p(the text ends here | text)."""
        return self.log_probs(text)[self._end + 1]

    def _history(self, text: Text) -> Text:
        """Return the last tokens of ``text`` that the model looks at, the beginning among them."""
        n = self._model.order - 1
        whole = (self._end, *(token - 1 for token in text[-n:])) if n else ()
        return whole[-n:] if n else ()

    def _scored(self, history: Text) -> list[float]:
        """Return ln p of what follows; the first stands for blank, of which nothing is known."""
        before = np.tile(np.array(history, np.int64), (len(self._tokens), 1))
        log_probs = self._model.log_probs(np.column_stack((before, self._tokens)))[:, -1]
        return [-np.inf, *log_probs.tolist()]
