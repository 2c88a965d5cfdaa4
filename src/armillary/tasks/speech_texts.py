"""Which recordings are learnt from, what a language model reads, and how a heard text is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from armillary.core.errors import DataError
from armillary.data.base import Recording
from armillary.data.decoding import read_lines
from armillary.tasks.hearing import HeardText
from armillary.tasks.recordings import FRAMES_A_SECOND, fewest_steps
from armillary.tasks.speech_metrics import spoken
from armillary.tasks.writers import Tokens

FASTEST = 3 * 1.1  # frames that a token needs at least: a step of three, played a tenth faster


@dataclass(frozen=True)
class Learnable:
    """The recordings that are learnt from."""

    tokens: dict[int, Tokens]  # by place among training's recordings
    n_real: int  # of training's recordings: those before this place; a machine spoke the others
    report: dict[str, int]  # how many were left out, and why

    def drawn(self, synthetic_share: float) -> list[int]:
        """Return places to draw from, real ones repeated until so much of it, about, is synthetic."""
        real = [place for place in self.tokens if place < self.n_real]
        made = [place for place in self.tokens if place >= self.n_real]
        if not real or not made:
            return [*real, *made]
        if synthetic_share == 0:
            return real
        wanted = len(made) * (1 - synthetic_share) / synthetic_share
        return real * max(1, round(wanted / len(real))) + made


def learnable(
    seconds: Sequence[float], texts: Sequence[Tokens], n_real: int, max_seconds: float, max_target: int
) -> Learnable:
    """Return the recordings whose length and text a model can learn.  DataError when none is left."""
    counts = Counter({"n_train_synthetic": len(texts) - n_real})
    kept = {}
    for place, (lasts, tokens) in enumerate(zip(seconds, texts, strict=True)):
        if not len(tokens):
            counts["n_train_without_words"] += 1
        elif lasts > max_seconds or len(tokens) > max_target:
            counts["n_train_too_long"] += 1
        elif fewest_steps(tokens) * FASTEST > lasts * FRAMES_A_SECOND:
            counts["n_train_too_fast"] += 1
        else:
            kept[place] = tokens
    if not kept:
        raise DataError(
            f"none of {len(texts)} training recordings can be learnt from: "
            + ", ".join(f"{name.removeprefix('n_train_')} {n}" for name, n in counts.items())
            + f"; max_seconds={max_seconds} max_target={max_target}"
        )
    return Learnable(kept, n_real, dict(counts))


def language_texts(recordings: Sequence[Recording], path: Path | None) -> tuple[str, ...]:
    """Return the texts that a language model learns: those that are said, and the lines of a file."""
    lines = [] if path is None else list(read_lines(path, "utf-8"))
    texts = (spoken(text) for text in [*(recording.text for recording in recordings), *lines])
    return tuple(text for text in texts if text)


def told(best: Sequence[HeardText], note: str, *, timed: bool) -> str | dict[str, Any]:
    """Return what was heard as a plain text where that says everything, else with all that is known."""
    first, *others = best
    if not (others or note or timed):
        return first.text
    times = {"words": [asdict(word) for word in first.words]} if timed else {}
    alternatives = [{"text": other.text, "score": other.score} for other in others]
    return {"text": first.text, "score": first.score, "alternatives": alternatives, **times, "note": note}
