"""Beam search: the likeliest whole texts, a few beginnings of each pursued at once.

The search is that of transformers (``GenerationMixin._beam_search``), so that both write the same from
the same scores.  Of the ``2 * n_beams`` best continuations of a source, those that end and are among the
first ``n_beams`` are whole; the best ``n_beams`` that do not end go on.  A source is done when it has
``n_beams`` whole texts and its best beginning, scored as if it ended here, is no better than the worst.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int, Int64
from torch import Tensor

from armillary.models.generation.writing import Writing, Written, next_log_probs
from armillary.models.sequences import Source, WritingModel


class Beams:
    """Beginnings of texts, ``n_beams`` for each source, and the whole texts found so far.

    A source that is done leaves, and costs nothing from then on.
    """

    def __init__(
        self,
        model: WritingModel,
        inputs: Source,
        lengths: Int[Tensor, " sources"] | None,
        writing: Writing,
        stop: int,
        limit: int,
    ) -> None:
        n_sources, n_beams = len(inputs), writing.n_beams
        self.whole: list[list[Written]] = [[] for _ in range(n_sources)]  # the best first
        self.sources = np.arange(n_sources)  # those that are still written
        self.n_tokens = 0
        self._model, self._writing, self._stop, self._limit = model, writing, stop, limit
        self._device = inputs.device
        self._state = model.read(inputs, lengths, n_beams)
        self._tokens = np.zeros((n_sources * n_beams, limit), np.int64)
        self._log_probs = np.full((n_sources, n_beams), -np.inf, np.float32)
        self._log_probs[:, 0] = 0  # all beams of a source are equal at first: only one may speak

    def step(self) -> None:
        """Write one more token of each beginning; ``whole`` and ``sources`` then tell what ended."""
        totals, beams, tokens = self._continuations()
        n = self._writing.n_beams
        first_rows = np.arange(len(beams))[:, None] * n
        ends = (tokens == self._stop) | (self.n_tokens + 1 == self._limit)
        for place, rank in np.argwhere(ends[:, :n]).tolist():
            before = self._tokens[place * n + beams[place, rank], : self.n_tokens]
            self._add_whole(place, before, tokens[place, rank], totals[place, rank])
        # The first n that did not end go on; a stable sort leaves them in their order.
        chosen = np.arange(len(beams))[:, None], np.argsort(ends, axis=1, kind="stable")[:, :n]
        self._log_probs = totals[chosen]
        self._go_on((first_rows + beams[chosen]).ravel(), tokens[chosen].ravel())
        self._leave()

    def _continuations(
        self,
    ) -> tuple[
        Float32[np.ndarray, "sources found"],
        Int64[np.ndarray, "sources found"],
        Int64[np.ndarray, "sources found"],
    ]:
        """Return the log-probabilities, beams and tokens of each source's best continuations, best first."""
        log_probs = next_log_probs(
            self._model,
            self._state,
            self._tokens[:, : self.n_tokens],
            self._writing,
            self._stop,
            self._device,
        )
        before = torch.from_numpy(self._log_probs).to(self._device)
        totals = log_probs.view(*before.shape, -1).add_(before[:, :, None])
        best = totals.flatten(1).topk(2 * self._writing.n_beams)
        beams, tokens = np.divmod(best.indices.cpu().numpy(), log_probs.shape[1])
        return best.values.cpu().numpy(), beams, tokens

    def _add_whole(
        self, place: int, before: Int64[np.ndarray, " written"], token: np.int64, log_prob: np.float32
    ) -> None:
        """Note a whole text, if it is among the best of its source."""
        n_tokens = len(before) + 1
        tokens = before.tolist() + ([] if token == self._stop else [int(token)])
        score = float(log_prob / n_tokens**self._writing.length_penalty)
        whole = self.whole[self.sources[place]]
        whole.append(Written(tokens, score))
        whole.sort(key=lambda text: -text.score)
        del whole[self._writing.n_beams :]

    def _go_on(self, rows: Int64[np.ndarray, " rows"], tokens: Int64[np.ndarray, " rows"]) -> None:
        """Let row i be what row ``rows[i]`` was, and ``tokens[i]`` after it."""
        if (rows != np.arange(len(rows))).any():
            self._state.reorder(torch.from_numpy(rows).to(self._device))
            self._tokens = self._tokens[rows]
        self._tokens[:, self.n_tokens] = tokens
        self.n_tokens += 1

    def _leave(self) -> None:
        """Let the sources that are done leave."""
        going_on = ~self._done()
        if going_on.all():
            return
        kept = torch.from_numpy(np.flatnonzero(going_on)).to(self._device)
        rows = np.repeat(going_on, self._writing.n_beams)
        if len(kept):
            self._state.keep(kept)
        self._tokens = self._tokens[rows]
        self._log_probs, self.sources = self._log_probs[going_on], self.sources[going_on]

    def _done(self) -> Bool[np.ndarray, " sources"]:
        """Return which sources cannot get better, as far as can be told."""
        if self.n_tokens == self._limit:
            return np.ones(len(self.sources), bool)
        n, early = self._writing.n_beams, self._writing.early_stopping
        best = self._log_probs[:, 0] / self.n_tokens**self._writing.length_penalty
        whole = [self.whole[i] for i in self.sources]
        enough = [
            len(texts) == n and (early or score <= texts[-1].score)
            for texts, score in zip(whole, best, strict=True)
        ]
        return np.array(enough)
