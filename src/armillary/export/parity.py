"""Whether a run and its export are one model: the same texts read, scored and written by both."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from armillary.core.errors import ExportError, RequestError
from armillary.data.base import TextPair
from armillary.models.generation import Writing
from armillary.tasks.base import judged
from armillary.tasks.sequence_to_sequence import SequenceToSequence
from armillary.tasks.writers import BATCH_TOKENS, Tokens, TorchWriter, by_length, padded

EXAMPLES = 64  # texts that are compared
SEED = 0  # of texts that are made up
ODD = TextPair("  A 北京 mixed\u3000line: 😀 <|endoftext|> https://a.b/?c=1 \x07 ", "混合 <pad> 行 €5.00")


@runtime_checkable
class Exported(Protocol):
    """An export, opened by the library whose format it is."""

    @property
    def precision(self) -> torch.dtype:
        """In which our own model is to be asked the same."""

    @property
    def early_stopping(self) -> bool | None:
        """Whether its beam search stops early (see ``Writing``); None: as it is told."""

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens that are read of each text."""

    def log_probs(
        self, rows: Sequence[Tokens], targets: Sequence[Tokens]
    ) -> list[Float[np.ndarray, " target"]]:
        """Return ln p of each token of each target, given its row of source tokens."""

    def best(self, rows: Sequence[Tokens], writing: Writing) -> list[list[int]]:
        """Return the best text for each row, without its end mark."""


@dataclass(frozen=True)
class Parity:
    """A run and its export on the same texts."""

    examples: str  # "test split", or "made up" where the source is gone
    n_texts: int  # that both read and wrote
    n_tokens: int  # of the references, whose probabilities are compared
    largest_difference: float  # of ln p of one of these tokens
    loss: float  # of the run on these tokens [nats per token]
    exported_loss: float  # of the export on these tokens [nats per token]
    equal_greedy: float  # share of texts that both write alike, always taking the likeliest token
    equal_beams: float  # share of texts that both write alike with the task's beams
    n_beams: int  # of that search
    metric: str | None  # the task's headline metric; null for texts that are made up
    score: float | None  # what the run reaches in it on these texts
    exported_score: float | None  # what the export reaches in it on these texts


def compare(module: nn.Module, task: SequenceToSequence, exported: Exported) -> Parity:
    """Return how alike ``module`` and its export are; ExportError when they read one text differently."""
    examples, name = _examples(task)
    rows = [task.read_part(row) for row in task.encode([pair.source.strip() for pair in examples])]
    targets = [_cut(row, task.max_target) for row in task.encode([pair.target for pair in examples])]
    _check_reading(rows, exported.encode([pair.source for pair in examples]), examples)
    ours = copy.deepcopy(module).to(exported.precision)
    log_probs = np.concatenate(_log_probs(ours, rows, targets))
    theirs = np.concatenate(exported.log_probs(rows, targets))
    greedy, beams = _searches(task, exported.early_stopping)
    written = {w.n_beams: (_best(ours, task, rows, w), exported.best(rows, w)) for w in (greedy, beams)}
    scores = _scores(task, examples, *written[beams.n_beams]) if name == "test split" else (None, None)
    return Parity(
        examples=name,
        n_texts=len(examples),
        n_tokens=len(log_probs),
        largest_difference=float(np.abs(log_probs - theirs).max()),
        loss=-float(log_probs.mean()),
        exported_loss=-float(theirs.mean()),
        equal_greedy=_share_equal(*written[greedy.n_beams]),
        equal_beams=_share_equal(*written[beams.n_beams]),
        n_beams=beams.n_beams,
        metric=None if scores[0] is None else task.headline,
        score=scores[0],
        exported_score=scores[1],
    )


def _examples(task: SequenceToSequence) -> tuple[list[TextPair], str]:
    """Return texts to compare on, and where they are from; an odd one is always among them."""
    try:
        found = [pair for pair in task.judged_of("test")[: EXAMPLES - 1] if pair.source.strip()]
        return [*found, ODD], "test split"
    except RequestError:  # the source is gone, or what reads it
        return [*_made_up(task), ODD], "made up"


def _made_up(task: SequenceToSequence) -> list[TextPair]:
    """Return pairs of texts that random tokens spell."""
    rng = np.random.default_rng(SEED)
    tokenizer = task.learnt_tokenizer

    def text(longest: int) -> str:
        ids = rng.integers(tokenizer.end_of_text, size=rng.integers(1, longest))
        return "=" + tokenizer.decode(ids.tolist())

    return [TextPair(text(task.max_source), text(task.max_target)) for _ in range(EXAMPLES - 1)]


def _cut(target: Tokens, n: int) -> Tokens:
    """Return a target of at most ``n`` tokens that ends with its end mark."""
    return target if len(target) <= n else np.append(target[: n - 1], target[-1])


def _check_reading(ours: Sequence[Tokens], theirs: Sequence[Tokens], examples: Sequence[TextPair]) -> None:
    for a, b, pair in zip(ours, theirs, examples, strict=True):
        if a.tolist() != b.tolist():
            raise ExportError(
                f"the export reads {pair.source!r} as other tokens than its run; nothing was kept"
            )


def _searches(task: SequenceToSequence, early_stopping: bool | None) -> tuple[Writing, Writing]:
    """Return the greedy search, and the task's with beams."""
    early = task.writing.early_stopping if early_stopping is None else early_stopping
    greedy = task.writing.replace(n_beams=1, n_best=1, temperature=0.0, top_k=None, top_p=1.0)
    return greedy, greedy.replace(n_beams=max(2, task.writing.n_beams), early_stopping=early)


def _log_probs(
    module: nn.Module, rows: Sequence[Tokens], targets: Sequence[Tokens]
) -> list[Float[np.ndarray, " target"]]:
    """Return ln p of each token of each target, as the run has it."""
    with judged(module):

        def asked(places: list[int]) -> list[Float[np.ndarray, " target"]]:
            inputs, lengths = padded([rows[i] for i in places])
            wanted, target_lengths = padded([targets[i] for i in places])
            scores = module(inputs, lengths, wanted).log_softmax(-1).gather(2, wanted[..., None])[..., 0]
            return [row[:n] for row, n in zip(scores.numpy(), target_lengths.tolist(), strict=True)]

        return by_length([len(row) for row in rows], BATCH_TOKENS, asked)


def _best(
    module: nn.Module, task: SequenceToSequence, rows: Sequence[Tokens], writing: Writing
) -> list[list[int]]:
    stop = task.learnt_tokenizer.end_of_text
    written = TorchWriter(module).write_all(rows, writing, stop, task.max_target)
    return [best[0].tokens for best in written]


def _share_equal(ours: Sequence[list[int]], theirs: Sequence[list[int]]) -> float:
    return float(np.mean([a == b for a, b in zip(ours, theirs, strict=True)]))


def _scores(
    task: SequenceToSequence,
    examples: Sequence[TextPair],
    ours: Sequence[list[int]],
    theirs: Sequence[list[int]],
) -> tuple[float, float]:
    """Return the headline metric of both, on the examples without the odd one."""
    decode = task.learnt_tokenizer.decode
    a, b = (
        task.text_metrics(examples[:-1], [decode(tokens) for tokens in side[:-1]])[task.headline]
        for side in (ours, theirs)
    )
    return a, b
