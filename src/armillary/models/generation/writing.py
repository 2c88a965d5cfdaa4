"""How the answer of a model that reads and then writes is searched for, and what comes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from armillary.core.config import Config
from armillary.core.errors import ConfigError
from armillary.models.sequences import WritingModel, WritingState

Histories = Int64[np.ndarray, "rows written"]  # the tokens that each row has written so far


@dataclass(frozen=True, kw_only=True)
class Writing(Config):
    """How tokens are chosen, when a text may end, and how many texts are returned for a source.

    The score of a text is sum(log p) / n_tokens**length_penalty over its tokens, the end mark included,
    as in transformers.  With ``n_beams`` texts are searched for (beam search); with a ``temperature``
    they are drawn; with neither each token is the likeliest (greedy).
    """

    n_beams: int = 1  # texts that are pursued at once for a source
    n_best: int = 1  # texts that are returned for a source, the best first; of sampling: that are drawn
    max_tokens: int | None = None  # tokens of a text, its end mark included, at most; none: the model's most
    min_tokens: int = 0  # tokens of a text before its end mark, at least
    length_penalty: float = 1.0  # above 0 favours long texts, below 0 short ones
    early_stopping: bool = False  # stop at n_beams whole texts, though one under way might still be better
    no_repeat_ngram: int = 0  # no n tokens in a row are written twice; 0: they may be
    temperature: float = 0.0  # scores are divided by it before a token is drawn; 0: nothing is drawn
    top_k: int | None = None  # draw among this many likeliest tokens (Fan et al. 2018)
    top_p: float = 1.0  # among the likeliest that together have this probability (Holtzman et al. 2020)
    seed: int = 0  # of what is drawn

    def __post_init__(self) -> None:
        allowed = (
            (self.n_beams >= 1, "n_beams", "1 or more"),
            (self.n_best >= 1, "n_best", "1 or more"),
            (self.max_tokens is None or self.max_tokens >= 1, "max_tokens", "1 or more, or none"),
            (self.min_tokens >= 0, "min_tokens", "0 or more"),
            (math.isfinite(self.length_penalty), "length_penalty", "a finite number"),
            (self.no_repeat_ngram >= 0, "no_repeat_ngram", "0 (off) or more"),
            (0 <= self.temperature < math.inf, "temperature", "0 (no sampling) or more"),
            (self.top_k is None or self.top_k >= 1, "top_k", "1 or more, or none"),
            (0 < self.top_p <= 1, "top_p", "above 0 and at most 1"),
            (self.seed >= 0, "seed", "0 or more"),
        )
        for fine, name, range_ in allowed:
            if not fine:
                raise ConfigError(f"{name} takes {range_}, got {getattr(self, name)!r}")
        self._check_together()

    @property
    def samples(self) -> bool:
        """Whether tokens are drawn."""
        return self.temperature > 0

    def limit(self, max_tokens: int) -> int:
        """Return how many tokens a text may have of a model that writes ``max_tokens`` at most.

        Raises ConfigError when that is more than the model can, or no more than ``min_tokens``.
        """
        if self.max_tokens is not None and self.max_tokens > max_tokens:
            raise ConfigError(
                f"max_tokens={self.max_tokens}, but the model writes {max_tokens} at most; ask for fewer"
            )
        limit = max_tokens if self.max_tokens is None else self.max_tokens
        if self.min_tokens >= limit:
            raise ConfigError(
                f"min_tokens={self.min_tokens} leaves no room for the end mark among {limit} tokens; "
                f"it is {limit - 1} at most"
            )
        return limit

    def _check_together(self) -> None:
        if self.samples and self.n_beams > 1:
            raise ConfigError(
                f"temperature={self.temperature} draws texts, n_beams={self.n_beams} searches for them; "
                "set n_beams=1 or temperature=0"
            )
        if not self.samples and self.n_best > self.n_beams:
            raise ConfigError(
                f"n_best={self.n_best} texts do not come from n_beams={self.n_beams}; "
                f"set n_beams={self.n_best} or more, or a temperature"
            )
        if not self.samples and (self.top_k is not None or self.top_p < 1):
            raise ConfigError("top_k and top_p are of sampling; set a temperature above 0, such as 1")


@dataclass(frozen=True)
class Written:
    """A text that was written, without its end mark, and its score (see ``Writing``)."""

    tokens: list[int]
    score: float


def next_log_probs(
    model: WritingModel,
    state: WritingState,
    written: Histories,
    writing: Writing,
    stop: int,
    device: torch.device,
) -> Float32[Tensor, "rows vocab_size"]:
    """Return the log-probabilities of each row's next token, -inf for what must not come next.

    ``state`` is advanced by one token.  What is left of the log-probabilities is not made to sum to 1 again.
    """
    last = torch.from_numpy(written[:, -1].copy()).to(device) if written.shape[1] else None
    log_probs = model.write(last, state).log_softmax(-1, dtype=torch.float32)
    if written.shape[1] < writing.min_tokens:
        log_probs[:, stop] = -math.inf
    if writing.no_repeat_ngram:
        log_probs[repetitions(written, writing.no_repeat_ngram)] = -math.inf
    return log_probs


def repetitions(
    written: Histories, n: int
) -> tuple[Int64[np.ndarray, " found"], Int64[np.ndarray, " found"]]:
    """Return (rows, tokens): which token would complete an n-gram that its row has already."""
    n_written = written.shape[1]
    if n_written < n:
        none = np.zeros(0, np.int64)
        return none, none
    grams = np.lib.stride_tricks.sliding_window_view(written, n, axis=1)
    last = written[:, None, n_written - n + 1 :]
    rows, places = np.nonzero((grams[:, :, :-1] == last).all(-1))
    return rows, grams[rows, places, -1]
