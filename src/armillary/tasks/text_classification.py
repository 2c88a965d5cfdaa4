"""Text classification: a short text in, one of several labels out."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from jaxtyping import Int, Integer
from torch import Tensor, nn

from armillary.core.errors import ConfigError, DataError
from armillary.data import cache
from armillary.data.base import SPLITS, LabelledText, Split
from armillary.data.batch import Batch, Batches
from armillary.data.order import BucketedBatches
from armillary.data.tokenizers import BPEConfig, Tokenizer, TokenizerConfig
from armillary.models.signature import Signature
from armillary.tasks.base import TASKS, check_options
from armillary.tasks.baselines.classifiers import classification_baselines, tfidf_features
from armillary.tasks.classification import CHUNK, Classification, read_preprocessor

Tokens = Integer[np.ndarray, " _"]  # of any length


@TASKS.register("text-classification")
@dataclass(frozen=True, kw_only=True)
class TextClassification(Classification):
    """Tell the label of a text.

    A model reads the text's first tokens and then the end-of-text mark, so that even an empty text is
    a sequence of one.  A text of more than ``max_length - 1`` tokens is read up to there; how many of a
    split's texts that touched is among its metrics (``truncated``, a share).
    """

    kind: ClassVar[str] = "text-classification"
    example: ClassVar[type] = LabelledText
    unit: ClassVar[str] = "text"
    default_source: ClassVar[str] = "stdlib-modules"
    tokenizer: TokenizerConfig = BPEConfig(vocab_size=4096)
    max_length: int = 128  # tokens, the end-of-text mark included

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_length < 2:
            raise ConfigError(f"max_length takes 2 or more tokens, got {self.max_length}")

    @functools.cached_property
    def learnt_tokenizer(self) -> Tokenizer:
        """The tokenizer, learnt from the training split."""
        texts = [example.text for example in self.source.split("train")]
        return cache.learnt_tokenizer(texts, self.tokenizer)

    def signature(self) -> Signature:
        return Signature(
            inputs="tokens",
            outputs="class",
            vocab_size=self.learnt_tokenizer.vocab_size,
            length=self.max_length,
            n_classes=len(self.labels),
        )

    def training_batches(self, batch_size: int, seed: int) -> Batches:
        tokens, targets = self._tokens("train"), torch.from_numpy(self.targets("train"))

        def make(indices: np.ndarray, generator: torch.Generator) -> Batch:  # noqa: ARG001
            return _padded([tokens[i] for i in indices], targets[indices])

        return BucketedBatches([len(row) for row in tokens], batch_size, seed, make)

    def evaluation_batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        """Yield the split's texts from the shortest to the longest, so that little is padded."""
        tokens, targets = self._tokens(split), torch.from_numpy(self.targets(split))
        order = np.argsort([len(row) for row in tokens], kind="stable")
        for start in range(0, len(order), batch_size):
            indices = order[start : start + batch_size]
            yield _padded([tokens[i] for i in indices], targets[indices])

    def dummy_batch(self, batch_size: int) -> Batch:
        shape = (batch_size, self.max_length)
        zeros = torch.zeros(batch_size, dtype=torch.long)
        return Batch(torch.zeros(shape, dtype=torch.long), zeros, torch.full_like(zeros, shape[1]))

    def evaluate(self, model: nn.Module, split: Split, batch_size: int = 256) -> dict[str, float]:
        """Return the metrics of a classifier and the share of texts that were truncated."""
        truncated = float(np.mean([n > self.max_length - 1 for n in map(len, self._encoded(split))]))
        return super().evaluate(model, split, batch_size) | {"truncated": truncated}

    def baseline(self) -> dict[str, dict[str, float]]:
        """Return test metrics of the majority class and of logistic regression on TF-IDF."""
        features = tfidf_features(*([example.text for example in self.source.split(s)] for s in SPLITS))
        targets = [self.targets(split) for split in SPLITS]
        return classification_baselines("tfidf-logistic-regression", features, targets, len(self.labels))

    def answer(self, model: nn.Module, raw: Sequence[Any], **options: Any) -> list[Any]:
        """Return a label and the probabilities of all labels, most probable first, for each text.

        A text that was too long to be read whole has a ``note`` that says so.
        """
        check_options(self.kind, options)
        for text in raw:
            if not isinstance(text, str):
                raise DataError(f"{self.kind} takes texts, got {type(text).__name__}")
        encoded = self.learnt_tokenizer.encode_all(list(raw))
        rows = [self.read_part(ids) for ids in encoded]
        chunks = (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
        batches = [_padded(chunk, torch.zeros(len(chunk)).long()) for chunk in chunks]
        return self._ask(model, batches, [self._note(len(ids)) for ids in encoded])

    def save_preprocessor(self, folder: Path) -> None:
        super().save_preprocessor(folder)
        self.learnt_tokenizer.save(folder)

    def restored(self, folder: Path) -> Self:
        labels = tuple(read_preprocessor(folder, "labels")["labels"])
        return self.with_preprocessor(labels=labels, learnt_tokenizer=Tokenizer.load(folder))

    def _tokens(self, split: Split) -> list[Tokens]:
        """Return what a model reads of each text of ``split``."""
        return [self.read_part(ids) for ids in self._encoded(split)]

    def read_part(self, ids: Tokens) -> Tokens:
        """Return what a model reads of a text: its tokens, cut to length, and the end-of-text mark."""
        mark = ids.dtype.type(self.learnt_tokenizer.end_of_text)
        return np.append(ids[: self.max_length - 1], mark)

    def _note(self, n_tokens: int) -> str:
        read = self.max_length - 1
        return f"only the first {read} of {n_tokens} tokens were read" if n_tokens > read else ""

    def _encoded(self, split: Split) -> list[Tokens]:
        """Return all tokens of each text of ``split``, encoded once."""
        if split not in self._encoded_splits:
            texts = [example.text for example in self.source.split(split)]
            self._encoded_splits[split] = self.learnt_tokenizer.encode_all(texts)
        return self._encoded_splits[split]

    @functools.cached_property
    def _encoded_splits(self) -> dict[Split, list[Tokens]]:
        return {}


def _padded(rows: Sequence[Tokens], targets: Int[Tensor, " batch"]) -> Batch:
    """Return rows of tokens as a batch, filled up with zeros to the longest."""
    lengths = torch.tensor([len(row) for row in rows])
    inputs = torch.zeros((len(rows), int(lengths.max())), dtype=torch.long)
    for i, row in enumerate(rows):
        inputs[i, : len(row)] = torch.from_numpy(row.astype(np.int64))
    return Batch(inputs, targets, lengths)
