"""Summarization: a text in, a line or a few that say what matters in it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from armillary.data.base import TextPair
from armillary.models.generation import Writing
from armillary.tasks.base import TASKS
from armillary.tasks.baselines.summarizers import summary_baselines
from armillary.tasks.resampling import Statistics
from armillary.tasks.sequence_to_sequence import SequenceToSequence, WrittenText
from armillary.tasks.text_metrics import TextTask, summary_metrics, summary_statistics
from armillary.tasks.writers import Writer


@TASKS.register("summarization")
@dataclass(frozen=True, kw_only=True)
class Summarization(SequenceToSequence):
    """Summarize texts.

    A text longer than ``max_source`` tokens is read up to there, in training too: what matters stands
    first more often than not.  An answer says so; the share of a split is its metric ``truncated``.
    """

    kind: ClassVar[TextTask] = "summarization"
    headline: ClassVar[str] = "rougeL"
    measure: ClassVar[str] = "rougeL"
    default_source: ClassVar[str] = "docstrings"
    cuts_sources: ClassVar[bool] = True
    max_source: int = 192
    max_target: int = 64

    def text_metrics(self, examples: Sequence[TextPair], hypotheses: Sequence[str]) -> dict[str, float]:
        """Return ROUGE-1, -2 and -L with intervals, and the share of words that are not in the source."""
        sources, references = [pair.source for pair in examples], [pair.target for pair in examples]
        return summary_metrics(list(hypotheses), references, sources)

    def statistics(self, hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, Statistics]:
        return summary_statistics(hypotheses, references)

    def baseline(self) -> dict[str, dict[str, float]]:
        """Return test metrics of the first sentence, TextRank, LexRank and a trained extractor."""
        return summary_baselines(self.source.split("train"), self.judged_of("test"))

    def written(
        self, model: nn.Module | Writer, texts: Sequence[str], writing: Writing | None = None
    ) -> list[list[WrittenText]]:
        """Return the best summaries of each text; of a blank one, an empty one."""
        encoded = self.encode([text.strip() for text in texts])
        asked = [i for i, ids in enumerate(encoded) if len(ids) > 1]
        rows = [self.read_part(encoded[i]) for i in asked]
        found = self.written_rows(model, rows, writing or self.writing) if rows else []
        out = [[WrittenText("", 0.0)] for _ in texts]
        for i, best in zip(asked, found, strict=True):
            note = self._note(len(encoded[i]))
            out[i] = [WrittenText(self.learnt_tokenizer.decode(w.tokens), w.score, note) for w in best]
        return out

    def stream(self, model: nn.Module, raw: Any, **options: Any) -> Iterator[str]:
        """See ``SequenceToSequence.stream``."""
        [row] = self.encode([self.check_text(raw).strip()])
        if len(row) > 1:
            yield from self.streamed(model, self.read_part(row), options)

    def _note(self, n_tokens: int) -> str:
        """Return what to say of a source of ``n_tokens`` tokens, its end mark included."""
        if n_tokens <= self.max_source:
            return ""
        return f"only the first {self.max_source - 1} of {n_tokens - 1} tokens were read"
