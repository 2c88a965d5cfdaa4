"""Texts written a token at a time, each for itself: greedy or drawn."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int64
from torch import Tensor

from armillary.models.generation.choice import drawn, shaped
from armillary.models.generation.writing import Writing, Written, next_log_probs
from armillary.models.sequences import Source, WritingModel


class Drafts:
    """Texts under way: one for each source, or as many as are to be drawn.

    A source whose texts have all ended leaves, and costs nothing from then on.
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
        self.n_each = writing.n_best
        self.sources = np.arange(len(inputs))  # those that are still written
        self.n_tokens = 0
        n_rows = len(inputs) * self.n_each
        self._model, self._writing, self._stop, self._limit = model, writing, stop, limit
        self._state = model.read(inputs, lengths, self.n_each)
        self._tokens = np.zeros((n_rows, limit), np.int64)
        self._log_probs = np.zeros(n_rows, np.float32)
        self._n_tokens = np.full(n_rows, limit)  # of each text, its end mark included
        self._open = np.ones(n_rows, bool)
        self._device = inputs.device
        self._dice = self._thrown(inputs, lengths) if writing.samples else None

    def step(self) -> Int64[np.ndarray, " rows"]:
        """Write one more token of each text and return them; what follows an end mark means nothing."""
        log_probs = next_log_probs(
            self._model,
            self._state,
            self._tokens[:, : self.n_tokens],
            self._writing,
            self._stop,
            self._device,
        )
        chosen, ids = self._choose(log_probs)
        tokens: Int64[np.ndarray, " rows"] = ids.cpu().numpy()
        self._log_probs += np.where(self._open, chosen.cpu().numpy(), 0)
        self._tokens[:, self.n_tokens] = tokens
        self.n_tokens += 1
        ended = self._open & (tokens == self._stop)
        self._n_tokens[ended] = self.n_tokens
        self._open &= ~ended
        return tokens

    def leave(self) -> dict[int, list[Written]]:
        """Return the texts of the sources that are done, which no longer are among ``sources``."""
        done = ~self._open.reshape(-1, self.n_each).any(1) | (self.n_tokens == self._limit)
        if not done.any():
            return {}
        left = {int(self.sources[i]): self._whole(int(i)) for i in np.flatnonzero(done)}
        if not done.all():
            self._state.keep(torch.from_numpy(np.flatnonzero(~done)).to(self._device))
        self._keep_rows(np.repeat(~done, self.n_each))
        self.sources = self.sources[~done]
        return left

    def _choose(
        self, log_probs: Float[Tensor, "rows vocab_size"]
    ) -> tuple[Float[Tensor, " rows"], Int[Tensor, " rows"]]:
        """Return the log-probabilities and ids of the tokens that come next."""
        if self._dice is None:
            best = log_probs.max(-1)
            return best.values, best.indices
        w = self._writing
        tokens = drawn(shaped(log_probs, w.temperature, w.top_k, w.top_p), self._dice[:, self.n_tokens])
        return log_probs.gather(1, tokens[:, None])[:, 0], tokens

    def _keep_rows(self, rows: Bool[np.ndarray, " rows"]) -> None:
        self._tokens, self._log_probs = self._tokens[rows], self._log_probs[rows]
        self._n_tokens, self._open = self._n_tokens[rows], self._open[rows]
        kept = torch.from_numpy(rows).to(self._device)
        self._dice = None if self._dice is None else self._dice[kept]

    def _whole(self, source: int) -> list[Written]:
        rows = slice(source * self.n_each, (source + 1) * self.n_each)
        texts = zip(self._tokens[rows], self._n_tokens[rows], self._log_probs[rows], strict=True)
        whole = [self._text(tokens[:n].tolist(), float(log_prob)) for tokens, n, log_prob in texts]
        return sorted(whole, key=lambda text: -text.score)

    def _text(self, tokens: list[int], log_prob: float) -> Written:
        score = log_prob / len(tokens) ** self._writing.length_penalty
        return Written(tokens[:-1] if tokens[-1] == self._stop else tokens, score)

    def _thrown(self, inputs: Source, lengths: Int[Tensor, " sources"] | None) -> Float[Tensor, "rows limit"]:
        """Return the dice of each text, from the seed and the source's tokens.

        A source is thus answered alike whatever other sources stand beside it.
        """
        rows = inputs.cpu().numpy()
        ends = [rows.shape[1]] * len(rows) if lengths is None else lengths.tolist()
        keys = [zlib.crc32(row[:end].tobytes()) for row, end in zip(rows, ends, strict=True)]
        shape = self._limit, self.n_each
        dice = [np.random.default_rng((self._writing.seed, key)).random(shape).T for key in keys]
        return torch.from_numpy(np.concatenate(dice)).to(inputs.device)
