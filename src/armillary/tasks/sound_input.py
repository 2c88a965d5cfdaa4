"""What may be handed in as a recording, and what is heard of one of any length."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from armillary.core.errors import DataError
from armillary.data.audio import RATE, AudioFacts, Piece, Samples, audio_facts, blocks, pieces
from armillary.tasks.hearing import HeardText
from armillary.tasks.parts import joined

AT_A_TIME = 60.0  # seconds of a long recording that are in memory at a time, about
LOUDEST = 1.5  # of full scale; samples beyond were never scaled to [-1, 1]

Hear = Callable[[Sequence[Samples]], list[list[HeardText]]]


@dataclass(frozen=True, eq=False)
class Sound:
    """A recording that was handed in: a file, or mono samples at 16 kHz."""

    source: Path | Samples
    facts: AudioFacts

    def blocks(self) -> Iterator[Samples]:
        """Yield its samples, mono at 16 kHz."""
        return blocks(self.source) if isinstance(self.source, Path) else iter([self.source])

    def heard(self, hear: Hear, longest: float) -> list[HeardText]:
        """Return the best texts of it; one longer than ``longest`` seconds is cut at pauses and has one."""
        found = list[tuple[Piece, list[HeardText]]]()
        cut = pieces(self.source if isinstance(self.source, Path) else self.blocks(), longest)
        while group := list(islice(cut, max(1, int(AT_A_TIME / longest)))):
            found += zip(group, hear([piece.samples for piece in group]), strict=True)
        return found[0][1] if len(found) == 1 else [_whole([(piece, best[0]) for piece, best in found])]


def opened(item: Any) -> Sound:
    """Return ``item``, a path or an array of samples, as a recording.  DataError for anything else."""
    if isinstance(item, str | Path):
        return Sound(Path(item), audio_facts(Path(item)))
    if not isinstance(item, np.ndarray):
        raise DataError(f"a recording is a path or an array of samples, not {type(item).__name__}")
    if item.ndim != 1 or not np.issubdtype(item.dtype, np.floating) or not len(item):
        raise DataError(
            f"samples are floats in [-1, 1], mono at {RATE} Hz, got {item.dtype} of shape {item.shape}"
        )
    peak = float(np.abs(item).max())
    if not peak <= LOUDEST:
        raise DataError(f"samples lie in [-1, 1], got one of magnitude {peak:.3g}; divide by full scale")
    power = float(np.square(item, dtype=np.float64).mean())
    level = 10 * np.log10(power) if power else -np.inf
    facts = AudioFacts(len(item) / RATE, RATE, 1, peak, float(level), 0.0)
    return Sound(item.astype(np.float32), facts)


def _whole(parts: list[tuple[Piece, HeardText]]) -> HeardText:
    """Return the text of a recording from those of its pieces, their times counted from its beginning."""
    words = tuple(
        dataclasses.replace(word, start=word.start + piece.start, end=word.end + piece.start)
        for piece, part in parts
        for word in part.words
    )
    text = joined([part.text for _, part in parts if part.text])
    return HeardText(text, sum(part.score for _, part in parts), words)
