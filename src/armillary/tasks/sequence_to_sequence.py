"""What translation and summarization have in common: a text is read, another is written."""

from __future__ import annotations

import functools
import random
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from armillary.core.errors import ConfigError, DataError, RequestError
from armillary.data import cache
from armillary.data.base import Split, TextPair
from armillary.data.batch import Batch, Batches
from armillary.data.copied_spans import varied
from armillary.data.order import BucketedBatches
from armillary.data.tokenizers import BPEConfig, Tokenizer, TokenizerConfig
from armillary.models import generation
from armillary.models.generation import Writing, Written
from armillary.models.layers.token_loss import Wanted
from armillary.models.signature import Signature
from armillary.runs.judgement import Alignment, Judged, Judgement, PairedScore
from armillary.tasks.base import Task, judged
from armillary.tasks.resampling import Statistics, paired_tests
from armillary.tasks.showing import chosen_to_align
from armillary.tasks.streaming import spelled
from armillary.tasks.text_metrics import TextTask, check_installed, sentence_scores
from armillary.tasks.writers import Tokens, Writer, marked_targets, padded, writer_of

POOL = 512  # batches sorted by length at a time: two lengths that must agree need many pairs to choose from
SCORES = 2**25  # scores of next tokens that evaluation holds in memory at a time

Encoded = tuple[Tokens, Tokens]  # source and target, the end-of-text mark behind both


@dataclass(frozen=True, kw_only=True)
class SequenceToSequence(Task):
    """Learn to write the target of each source.

    One vocabulary serves both sides; the end-of-text mark ends both.  The loss is the mean of -log p
    over all target tokens, their end marks included.
    """

    example: ClassVar[type] = TextPair
    unit: ClassVar[str] = "token"
    kind: ClassVar[TextTask]
    headline_up: ClassVar[bool] = True
    measure: ClassVar[str]  # the score of a single text, see ``tasks.text_metrics.sentence_scores``
    cuts_sources: ClassVar[bool]  # whether training reads the beginning of a long source or leaves it out
    tokenizer: TokenizerConfig = BPEConfig(vocab_size=8192)
    max_source: int = 128  # tokens that are read, the end-of-text mark included
    max_target: int = 128  # tokens that are written, the end-of-text mark included
    varied_spans: float = 0.0  # share of training pairs whose numbers and addresses are exchanged
    label_smoothing: float = 0.1  # share of the target spread over all tokens, in training alone
    writing: Writing = Writing(n_beams=4)  # how answers are searched for
    judged_examples: int = 2000  # examples of a split whose texts are written and judged, at most

    def __post_init__(self) -> None:
        for name in ("max_source", "max_target"):
            if getattr(self, name) < 2:
                raise ConfigError(f"{name} takes 2 or more tokens, got {getattr(self, name)}")
        if self.judged_examples < 1:
            raise ConfigError(f"judged_examples takes 1 or more, got {self.judged_examples}")
        for name in ("label_smoothing", "varied_spans"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} is a share below 1, got {getattr(self, name)}")

    @abstractmethod
    def text_metrics(self, examples: Sequence[TextPair], hypotheses: Sequence[str]) -> dict[str, float]:
        """Return what is measured on written texts, by name."""

    @abstractmethod
    def statistics(self, hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, Statistics]:
        """Return what each metric that can be tested is computed from, by the metric's name."""

    @functools.cached_property
    def learnt_tokenizer(self) -> Tokenizer:
        """The tokenizer, learnt from both sides of the training split."""
        texts = [text for pair in self.source.split("train") for text in (pair.source, pair.target)]
        return cache.learnt_tokenizer(texts, self.tokenizer)

    def signature(self) -> Signature:
        return Signature(
            inputs="tokens",
            outputs="tokens",
            vocab_size=self.learnt_tokenizer.vocab_size,
            length=self.max_source,
            target_length=self.max_target,
        )

    def report(self) -> dict[str, int]:
        """Return the source's counts, and how many training pairs are too long to learn from."""
        n_too_long = len(self.source.split("train")) - len(self._learnable[1])
        return super().report() | {"n_train_too_long": n_too_long}

    def training_batches(self, batch_size: int, seed: int) -> Batches:
        check_installed(self.kind)
        places, pairs = self._learnable
        texts = self.source.split("train")
        # By the target's length, two by two, then by the source's: little of either side is padding.
        order = [len(target) // 2 * (self.max_source + 1) + len(source) for source, target in pairs]

        def make(indices: np.ndarray, generator: torch.Generator) -> Batch:
            changed = torch.rand(len(indices), generator=generator) < self.varied_spans
            dice = random.Random(int(torch.randint(2**62, (), generator=generator)))
            return _padded(
                [
                    self._varied(texts[places[i]], pairs[i], dice) if change else pairs[i]
                    for i, change in zip(indices, changed, strict=True)
                ]
            )

        return BucketedBatches(order, batch_size, seed, make, POOL)

    def evaluation_batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        """Yield the split's pairs by length; what is longer than a model reads or writes is cut."""
        pairs = [(self.read_part(source), target[: self.max_target]) for source, target in self._pairs(split)]
        order = np.lexsort(([len(source) for source, _ in pairs], [len(target) for _, target in pairs]))
        for start in range(0, len(order), batch_size):
            yield _padded([pairs[i] for i in order[start : start + batch_size]])

    def dummy_batch(self, batch_size: int) -> Batch:
        """Return a batch of zeros as long as the mean training pair."""
        means = np.mean([(len(source), len(target)) for source, target in self._learnable[1]], axis=0)
        zeros = [np.zeros(max(1, round(mean)), np.int64) for mean in means.tolist()]
        return _padded([(zeros[0], zeros[1])] * batch_size)

    def loss(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:  # noqa: ARG002
        wanted = Wanted(marked_targets(batch), self.label_smoothing)
        return model(batch.inputs, batch.lengths, batch.targets, wanted), None

    def validate(self, model: nn.Module) -> Judgement:
        """Return the loss on the validation split; to write texts at every mark would take too long."""
        return Judgement("validation", {"loss": self._loss(model, "validation", 256)})

    def evaluate(self, model: nn.Module, split: Split, batch_size: int = 256) -> dict[str, float]:
        """Return the loss, the share of sources that were cut, and the metrics of texts written."""
        examples = self.judged_of(split)
        return self._metrics(model, split, batch_size, self.hypotheses(model, examples))

    def judge(self, model: nn.Module, split: Split, batch_size: int = 256) -> Judgement:
        """Return the metrics and every text that was judged, a few of them with their alignment."""
        pairs = self.judged_of(split)
        texts = self.hypotheses(model, pairs)
        metrics = self._metrics(model, split, batch_size, texts)
        scores = sentence_scores(self.kind, texts, [pair.target for pair in pairs])[self.measure]
        examples = [
            Judged(pair.source, pair.target, text, score, pair.document)
            for pair, text, score in zip(pairs, texts, scores, strict=True)
        ]
        for i in chosen_to_align(examples):
            alignment = self.alignment(model, examples[i].source, examples[i].output)
            examples[i] = replace(examples[i], alignment=alignment)
        return Judgement(split, metrics, self.measure, tuple(examples))

    def compare(self, ours: Judgement, theirs: Judgement) -> dict[str, PairedScore]:
        """Return the paired test of each metric (see ``tasks.resampling.paired_test``)."""
        references = [example.reference for example in ours.examples]
        sides = ([example.output for example in side.examples] for side in (ours, theirs))
        return paired_tests(*(self.statistics(outputs, references) for outputs in sides))

    def _metrics(
        self, model: nn.Module, split: Split, batch_size: int, hypotheses: Sequence[str]
    ) -> dict[str, float]:
        truncated = [len(source) > self.max_source for source, _ in self._pairs(split)]
        return {
            "loss": self._loss(model, split, batch_size),
            "truncated": float(np.mean(truncated)),
            **self.text_metrics(self.judged_of(split), hypotheses),
        }

    def judged_of(self, split: Split) -> Sequence[TextPair]:
        """Return the examples of ``split`` whose texts are judged; its beginning is a sample of it."""
        return self.source.split(split)[: self.judged_examples]

    def hypotheses(self, model: nn.Module | Writer, examples: Sequence[TextPair]) -> list[str]:
        """Return what ``model`` writes for each example."""
        return [texts[0].text for texts in self.written(model, [pair.source for pair in examples])]

    @abstractmethod
    def written(
        self, model: nn.Module | Writer, texts: Sequence[str], writing: Writing | None = None
    ) -> list[list[WrittenText]]:
        """Return the best texts that ``model`` writes for each of ``texts``, the best first."""

    def answer(self, model: nn.Module | Writer, raw: Sequence[Any], **options: Any) -> list[Any]:
        """Return what is written for each text; ``options`` are fields of ``models.generation.Writing``.

        A plain text where that says everything, else {"text", "score", "alternatives", "note"}.
        """
        texts = [self.check_text(text) for text in raw]
        writing = Writing.from_dict({**self.writing.to_dict(), **options})
        return [_plain(best) for best in self.written(model, texts, writing)]

    @abstractmethod
    def stream(self, model: nn.Module, raw: Any, **options: Any) -> Iterator[str]:
        """Yield what is written for one text, piece by piece; ``options`` are those of ``answer``.

        Beams cannot be shown before they end: without ``temperature`` each token is the likeliest.
        """

    def streamed(self, model: nn.Module, row: Tokens, options: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is written for a row of source tokens, as it is written."""
        if isinstance(model, Writer):
            raise RequestError(
                "this engine writes whole texts only; ask without streaming, or with the engine torch"
            )
        writing = Writing.from_dict({**self.writing.to_dict(), "n_beams": 1, **options})
        tokenizer, device = self.learnt_tokenizer, next(model.parameters()).device
        inputs = padded([row])[0].to(device)
        tokens = generation.stream_one(model, inputs, writing, tokenizer.end_of_text, self.max_target)
        return spelled(tokens, tokenizer)

    def check_text(self, raw: Any) -> str:
        """Return ``raw``; DataError when it is no text."""
        if not isinstance(raw, str):
            raise DataError(f"{self.kind} takes texts, got {type(raw).__name__}")
        return raw

    def alignment(self, model: nn.Module, source: str, target: str) -> Alignment:
        """Return where each token of ``target`` looked in what the model reads of ``source``."""
        encoded = self.encode([source, target])
        pair = self.read_part(encoded[0]), encoded[1][: self.max_target]
        with judged(model) as device:
            batch = _padded([pair]).to(device)
            weights = model.alignment(batch.inputs, batch.lengths, batch.targets)  # type: ignore[operator]
        pieces = [tuple(self.learnt_tokenizer.pieces(ids.tolist())) for ids in pair]
        rows = weights[0].double().cpu().numpy().round(4).tolist()
        return Alignment(pieces[0], pieces[1], tuple(map(tuple, rows)))

    def written_rows(
        self, model: nn.Module | Writer, rows: Sequence[Tokens], writing: Writing
    ) -> list[list[Written]]:
        """Return the best token sequences for each row of source tokens (end marks included)."""
        writer = writer_of(model)
        return writer.write_all(rows, writing, self.learnt_tokenizer.end_of_text, self.max_target)

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of each text, the end-of-text mark behind them."""
        return [self._marked(ids) for ids in self.learnt_tokenizer.encode_all(list(texts))]

    def read_part(self, source: Tokens) -> Tokens:
        """Return what a model reads of a source: all of it, or its beginning and the end-of-text mark."""
        if len(source) <= self.max_source:
            return source
        return np.append(source[: self.max_source - 1], source[-1])

    def save_preprocessor(self, folder: Path) -> None:
        self.learnt_tokenizer.save(folder)

    def restored(self, folder: Path) -> Self:
        return self.with_preprocessor(learnt_tokenizer=Tokenizer.load(folder))

    def _loss(self, model: nn.Module, split: Split, batch_size: int) -> float:
        """Return the mean of -log p over all target tokens of ``split``, without smoothing."""
        batch_size = min(batch_size, SCORES // (self.max_target * self.learnt_tokenizer.vocab_size) + 1)
        nats, n_units = 0.0, 0
        with judged(model) as device:
            for batch in self.evaluation_batches(split, batch_size):
                batch = batch.to(device)
                scores = model(batch.inputs, batch.lengths, batch.targets).flatten(0, 1)
                nats += float(F.cross_entropy(scores, marked_targets(batch).flatten(), reduction="sum"))
                n_units += batch.n_units
        return nats / n_units

    def _varied(self, pair: TextPair, encoded: Encoded, dice: random.Random) -> Encoded:
        """Return ``pair`` with other numbers and addresses, or as it was where those make it too long."""
        other = varied(pair, dice)
        source, target = self.encode([other.source, other.target])
        fits = len(source) <= self.max_source and len(target) <= self.max_target
        return (source, target) if fits else encoded

    @functools.cached_property
    def _learnable(self) -> tuple[list[int], list[Encoded]]:
        """Which training pairs are learnt from, and what a model reads and writes of each."""
        kept = {}
        for place, (source, target) in enumerate(self._pairs("train")):
            read = self.read_part(source) if self.cuts_sources else source
            if len(read) <= self.max_source and len(target) <= self.max_target:
                kept[place] = read, target
        if not kept:
            raise DataError(
                f"no training pair is short enough to learn from: all have more than max_source="
                f"{self.max_source} or max_target={self.max_target} tokens"
            )
        return list(kept), list(kept.values())

    def _pairs(self, split: Split) -> list[Encoded]:
        """Return all tokens of each pair of ``split``, encoded once."""
        if split not in self._encoded_splits:
            pairs = self.source.split(split)
            sources = self.encode([pair.source for pair in pairs])
            targets = self.encode([pair.target for pair in pairs])
            self._encoded_splits[split] = list(zip(sources, targets, strict=True))
        return self._encoded_splits[split]

    @functools.cached_property
    def _encoded_splits(self) -> dict[Split, list[Encoded]]:
        return {}

    def _marked(self, ids: Tokens) -> Tokens:
        return np.append(ids, ids.dtype.type(self.learnt_tokenizer.end_of_text))


@dataclass(frozen=True)
class WrittenText:
    """A text that was written, its score (see ``models.generation.Writing``) and what to know about it."""

    text: str
    score: float
    note: str = ""


def _plain(texts: Sequence[WrittenText]) -> str | dict[str, Any]:
    best = texts[0]
    if len(texts) == 1 and not best.note:
        return best.text
    alternatives = [{"text": other.text, "score": other.score} for other in texts[1:]]
    return {"text": best.text, "score": best.score, "alternatives": alternatives, "note": best.note}


def _padded(pairs: Sequence[Encoded]) -> Batch:
    """Return pairs as a batch, filled up with zeros to the longest source and the longest target."""
    inputs, lengths = padded([source for source, _ in pairs])
    targets, target_lengths = padded([target for _, target in pairs])
    return Batch(inputs, targets, lengths, target_lengths)
