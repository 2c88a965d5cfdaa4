"""Translation: a text in one language in, the same in another out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from armillary.data.base import TextPair
from armillary.models.generation import Writing
from armillary.tasks.base import TASKS
from armillary.tasks.baselines.translators import translation_baselines
from armillary.tasks.parts import joined, parts
from armillary.tasks.resampling import Statistics
from armillary.tasks.sequence_to_sequence import SequenceToSequence, WrittenText
from armillary.tasks.text_metrics import TextTask, translation_metrics, translation_statistics
from armillary.tasks.writers import Writer


@TASKS.register("translation")
@dataclass(frozen=True, kw_only=True)
class Translation(SequenceToSequence):
    """Translate texts.

    Training leaves out pairs that are longer than the model (it would learn to stop early).  An answer
    keeps the lines of its input, empty ones too; a line longer than the model reads is translated in parts.
    """

    kind: ClassVar[TextTask] = "translation"
    headline: ClassVar[str] = "bleu"
    measure: ClassVar[str] = "chrf"
    default_source: ClassVar[str] = "catalogues"
    cuts_sources: ClassVar[bool] = False
    varied_spans: float = 0.1

    def text_metrics(self, examples: Sequence[TextPair], hypotheses: Sequence[str]) -> dict[str, float]:
        """Return BLEU, chrF, TER with intervals, and what ``tasks.text_metrics`` adds."""
        sources, references = [pair.source for pair in examples], [pair.target for pair in examples]
        return translation_metrics(list(hypotheses), references, sources)

    def statistics(self, hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, Statistics]:
        return translation_statistics(hypotheses, references)

    def baseline(self) -> dict[str, dict[str, float]]:
        """Return test metrics of copying, of a learnt dictionary and of the nearest training pair."""
        return translation_baselines(self.source.split("train"), self.judged_of("test"))

    def written(
        self, model: nn.Module | Writer, texts: Sequence[str], writing: Writing | None = None
    ) -> list[list[WrittenText]]:
        """Return the best translations of each text; one of several lines or parts has the best alone."""
        writing = writing or self.writing
        lines = [(i, j, line) for i, text in enumerate(texts) for j, line in enumerate(text.split("\n"))]
        pieces = [(i, j, piece) for i, j, line in lines for piece in parts(line.strip(), self._fits) if piece]
        rows = self.encode([piece for *_, piece in pieces])
        found = self.written_rows(model, rows, writing) if rows else []
        by_text: list[list[tuple[int, list[WrittenText]]]] = [[] for _ in texts]
        for (i, j, _), best in zip(pieces, found, strict=True):
            decoded = [WrittenText(self.learnt_tokenizer.decode(w.tokens), w.score) for w in best]
            by_text[i].append((j, decoded))
        return [_whole(text, mine) for text, mine in zip(texts, by_text, strict=True)]

    def stream(self, model: nn.Module, raw: Any, **options: Any) -> Iterator[str]:
        """See ``SequenceToSequence.stream``."""
        for number, line in enumerate(self.check_text(raw).split("\n")):
            if number:
                yield "\n"
            before = ""
            for part in filter(None, parts(line.strip(), self._fits)):
                for i, text in enumerate(self.streamed(model, self.encode([part])[0], options)):
                    # A part begins as ``joined`` has it: perhaps with a space.
                    yield text if i else joined([before, text])[len(before) :]
                    before = text

    def _fits(self, text: str) -> bool:
        # A token is a character or more, but a character may be four tokens: count where it could matter.
        if 4 * len(text) < self.max_source:
            return True
        return len(text) < 64 * self.max_source and len(self.encode([text])[0]) <= self.max_source


def _whole(text: str, pieces: list[tuple[int, list[WrittenText]]]) -> list[WrittenText]:
    """Return the translations of a text from those of its pieces, each with the number of its line."""
    n_lines = text.count("\n") + 1
    if n_lines == 1 and len(pieces) == 1:
        return pieces[0][1]
    lines: list[list[str]] = [[] for _ in range(n_lines)]
    for line, best in pieces:
        lines[line].append(best[0].text)
    score = sum(best[0].score for _, best in pieces)
    return [WrittenText("\n".join(joined(line) for line in lines), score)]
