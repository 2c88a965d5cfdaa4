"""Text generation: language modelling, the next token given those before it."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Integer
from torch import Tensor, nn

from armillary.core.errors import ConfigError, DataError
from armillary.data import cache
from armillary.data.base import Document, Split
from armillary.data.batch import Batch, Batches
from armillary.data.order import ShuffledBatches, StreamBatches
from armillary.data.tokenizers import BPEConfig, Tokenizer, TokenizerConfig
from armillary.models import generation
from armillary.models.generation import Sampling
from armillary.models.layers.token_loss import Wanted
from armillary.models.signature import Signature
from armillary.tasks.base import TASKS, Task, check_options, judged
from armillary.tasks.baselines.ngram import NgramModel, gram_order
from armillary.tasks.metrics import language_metrics
from armillary.tasks.streaming import spelled

OPTIONS = ("max_tokens", "temperature", "top_k", "top_p", "seed")
SCORES = 2**25  # scores of next tokens that evaluation holds in memory at a time, whatever the batch size
STREAMS = 32  # stretches of a split, at most, that are judged side by side when state is carried

Tokens = Integer[np.ndarray, " _"]  # of any length


@TASKS.register("text-generation")
@dataclass(frozen=True, kw_only=True)
class TextGeneration(Task):
    """Predict each token of a text from those before it.

    A split is one running text: its documents in order, each closed by the end-of-text mark.

    What is measured: the mean of -log p over ``evaluation_tokens`` tokens of the split, in windows of
    ``context`` tokens, the length that training sees; the first token of a window is predicted from
    one token, the last from all ``context``.  With ``order="windows"`` the windows are spread evenly
    over the split and each is judged on its own.  With ``order="stream"`` they follow each other in up to
    ``STREAMS`` evenly spread stretches, and a recurrent model carries its state from window to window
    as it does in training.  Which tokens are judged follows from the task alone, so every family, every
    batch size and every baseline is judged on the same ones.
    """

    kind: ClassVar[str] = "text-generation"
    example: ClassVar[type] = Document
    unit: ClassVar[str] = "token"
    headline: ClassVar[str] = "bits_per_byte"
    headline_up: ClassVar[bool] = False
    default_source: ClassVar[str] = "stdlib"
    tokenizer: TokenizerConfig = BPEConfig(vocab_size=1024)
    context: int = 128  # tokens in a window
    order: Literal["windows", "stream"] = "windows"  # how training reads: at random, or on and on with state
    evaluation_tokens: int = 65_536  # how many tokens of a split are judged, at most

    def __post_init__(self) -> None:
        if self.context < 1 or self.evaluation_tokens < 1:
            raise ConfigError(
                f"context and evaluation_tokens are 1 or more, got context={self.context} "
                f"evaluation_tokens={self.evaluation_tokens}"
            )

    @functools.cached_property
    def learnt_tokenizer(self) -> Tokenizer:
        """The tokenizer, learnt from the training split."""
        return cache.learnt_tokenizer(self._texts("train"), self.tokenizer)

    def signature(self) -> Signature:
        return Signature(
            inputs="tokens",
            outputs="next-token",
            vocab_size=self.learnt_tokenizer.vocab_size,
            length=self.context,
        )

    def training_batches(self, batch_size: int, seed: int) -> Batches:
        tokens = self.tokens("train")
        if self.order == "stream":
            return StreamBatches(tokens, self.context, batch_size, seed)
        starts = np.arange(max(1, (len(tokens) - 1) // self.context)) * self.context

        def make(indices: np.ndarray, generator: torch.Generator) -> Batch:  # noqa: ARG001
            return _windows(tokens, starts[indices], min(self.context, len(tokens) - 1))

        return ShuffledBatches(len(starts), batch_size, seed, make)

    def evaluation_batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        """Yield the judged windows; those of a stretch come in order, one batch after the other."""
        tokens = self.tokens(split)
        layout = self._layout(len(tokens))
        for first in range(0, len(layout.starts), batch_size):
            rows = layout.starts[first : first + batch_size]
            for window in range(layout.n_windows):
                yield _windows(tokens, rows + window * layout.length, layout.length)

    def dummy_batch(self, batch_size: int) -> Batch:
        zeros = torch.zeros((batch_size, self.context), dtype=torch.long)
        return Batch(inputs=zeros, targets=zeros)

    def loss(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:
        loss, state = model(batch.inputs, state, Wanted(batch.targets))
        return loss, (state if self.order == "stream" else None)

    def evaluate(self, model: nn.Module, split: Split, batch_size: int = 256) -> dict[str, float]:
        """Return loss (nats per token), perplexity and bits per byte; see the class for what is measured."""
        layout = self._layout(len(self.tokens(split)))
        batch_size = min(batch_size, SCORES // (layout.length * self.learnt_tokenizer.vocab_size) + 1)
        nats, targets, state = 0.0, [], None
        with judged(model) as device:
            for i, batch in enumerate(self.evaluation_batches(split, batch_size)):
                batch = batch.to(device)
                logits, state = model(batch.inputs, None if i % layout.n_windows == 0 else state)
                nats += _nats(logits, batch.targets)
                targets.append(batch.targets.cpu().numpy())
        return self._metrics(nats, np.concatenate(targets, axis=None))

    def baseline(self) -> dict[str, dict[str, float]]:
        """Return test metrics of Kneser-Ney n-gram models, on the tokens that models are judged on.

        Their histories end where a model's context does: at the beginning of the window or stretch.
        """
        train, test, vocab_size = self.tokens("train"), self.tokens("test"), self.learnt_tokenizer.vocab_size
        layout = self._layout(len(test))
        rows = test[layout.starts[:, None] + np.arange(layout.n_windows * layout.length + 1)]
        scores = {}
        for order in (1, gram_order(vocab_size)):
            log_probs = NgramModel.train(train, vocab_size, order).log_probs(rows)[:, 1:]
            scores[f"{order}-gram"] = self._metrics(-float(log_probs.sum()), rows[:, 1:])
        return scores

    def answer(self, model: nn.Module, raw: Sequence[Any], **options: Any) -> list[Any]:
        """Return what the model writes after each prompt; ``options`` are those of ``stream``."""
        return ["".join(self.stream(model, prompt, **options)) for prompt in raw]

    def stream(self, model: nn.Module, prompt: Any, **options: Any) -> Iterator[str]:
        """Yield what the model writes after ``prompt``, piece by piece, until it ends the text.

        An empty prompt is the beginning of a text.  ``options`` are ``max_tokens``, ``temperature``,
        ``top_k``, ``top_p`` and ``seed`` of ``models.generation.Sampling``; ConfigError for any other.
        """
        check_options(self.kind, options, OPTIONS)
        if not isinstance(prompt, str):
            raise DataError(f"{self.kind} takes texts, got {type(prompt).__name__}")
        tokenizer = self.learnt_tokenizer
        start = torch.tensor([tokenizer.encode(prompt) or [tokenizer.end_of_text]])
        sampling = Sampling.from_dict(options).replace(stop=tokenizer.end_of_text)
        written = generation.stream(model, start, sampling)
        yield from spelled((int(token) for token in written), tokenizer)

    def save_preprocessor(self, folder: Path) -> None:
        self.learnt_tokenizer.save(folder)

    def restored(self, folder: Path) -> Self:
        return self.with_preprocessor(learnt_tokenizer=Tokenizer.load(folder))

    def tokens(self, split: Split) -> Tokens:
        """Return ``split`` as one running text.  DataError when it is too short to predict anything."""
        if split not in self._corpora:
            tokens = cache.corpus(self._texts(split), self.learnt_tokenizer)
            if len(tokens) < 2:
                raise DataError(f"the {split} split of {self.source.kind} has no text to predict")
            self._corpora[split] = tokens
        return self._corpora[split]

    @functools.cached_property
    def _corpora(self) -> dict[Split, Tokens]:
        return {}

    def _texts(self, split: Split) -> list[str]:
        return [document.text for document in self.source.split(split)]

    def _metrics(self, nats: float, targets: Integer[np.ndarray, "*shape"]) -> dict[str, float]:
        n_bytes = int(self.learnt_tokenizer.n_bytes[targets].sum())
        return language_metrics(nats / targets.size, n_bytes / targets.size)

    def _layout(self, n_tokens: int) -> _Layout:
        """Return the windows of a split of ``n_tokens`` tokens that are judged."""
        length = min(self.context, n_tokens - 1)
        n_windows = max(1, min(self.evaluation_tokens, n_tokens - 1) // length)
        n_stretches = min(math.isqrt(n_windows), STREAMS) if self.order == "stream" else n_windows
        each = n_windows // n_stretches
        free = n_tokens - 1 - each * length
        starts = np.arange(n_stretches) * free // max(1, n_stretches - 1)
        return _Layout(starts, each, length)


@dataclass(frozen=True)
class _Layout:
    """Which tokens of a split are judged: stretches of windows that follow each other."""

    starts: Int[np.ndarray, " n_stretches"]  # of each stretch; its first token is context alone
    n_windows: int  # in a stretch
    length: int  # tokens judged in a window


def _windows(tokens: Tokens, starts: Int[np.ndarray, " batch"], length: int) -> Batch:
    """Return ``length`` tokens from each start, and as targets the same one later."""
    ids = torch.from_numpy(tokens[starts[:, None] + np.arange(length + 1)].astype(np.int64))
    return Batch(inputs=ids[:, :-1], targets=ids[:, 1:])


def _nats(logits: Float[Tensor, "batch seq vocab"], targets: Int[Tensor, "batch seq"]) -> float:
    """Return the sum of -log p(target)."""
    return float(F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="sum"))
