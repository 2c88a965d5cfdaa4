"""Speech that a machine reads, in many voices: to begin training with, never to judge by alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import SOURCES, Recording
from armillary.data.decoding import read_lines
from armillary.data.recording_splits import hold_out_recordings
from armillary.data.splits import HoldOut, Splits, SplitSource
from armillary.data.synthesis import Utterance, speak
from armillary.data.vocabulary import CHINESE, ENGLISH, SYLLABLES, TONES

VARIANTS = tuple(f"+{letter}{n}" for letter, most in (("m", 8), ("f", 5)) for n in range(1, most + 1))
# Accents of a language count as voices of it.
ACCENTS = {
    "en": ("en", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-029"),
    "zh": ("cmn",),
    "fr": ("fr", "fr-be", "fr-ch"),
    "es": ("es", "es-419"),
}
TEXTS = {"en": ENGLISH, "zh": CHINESE}


class Reading(NamedTuple):
    """A text as it is read aloud, and as it is written down."""

    read: str
    written: str


@SOURCES.register("espeak")
@dataclass(frozen=True, kw_only=True)
class Espeak(SplitSource):
    """Texts read by eSpeak NG in many voices: accents, variants, speeds and pitches, drawn for each clip.

    The speech is synthetic, and every recording says so; a variant of an accent stands for a speaker, and
    those of test are not in training.
    """

    kind: ClassVar[str] = "espeak"
    example: ClassVar[type] = Recording
    licence: ClassVar[str] = "the texts'; speech made by a program has none of its own"
    citation: ClassVar[str] = "eSpeak NG (GPL-3.0-or-later). https://github.com/espeak-ng/espeak-ng"
    language: str = "en"  # as eSpeak NG names it, or zh for Mandarin
    heard: Literal["text", "tone"] = (
        "text"  # tone: Mandarin syllables, of which the mark of the tone is written
    )
    # A file: on each line what is read and, behind a tab, what is to be written of it where that differs.
    texts: Path | None = None  # None: digits, numbers, letters, days, commands
    n_clips: int = 2_000
    seed: int = 0
    held_out: HoldOut = HoldOut()
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        if self.n_clips < 30:
            raise ConfigError(f"30 clips are the fewest to learn from, got n_clips={self.n_clips}")
        if self.heard == "tone" and (self.language != "zh" or self.texts is not None):
            raise ConfigError("heard=tone has syllables of its own, of Mandarin: language=zh and no texts")

    def read(self) -> Splits:
        texts = self._texts()
        utterances = [self._utterance(texts, number) for number in range(self.n_clips)]
        recordings = [
            Recording(samples, texts[number % len(texts)].written, said.voice, synthetic=True)
            for number, (samples, said) in enumerate(zip(speak(utterances), utterances, strict=True))
        ]
        names = [str(number) for number in range(self.n_clips)]
        splits = hold_out_recordings(recordings, names, self.held_out, "speaker")
        return Splits(splits.examples, {**splits.report, "n_synthetic": len(recordings)})

    def _utterance(self, texts: Sequence[Reading], number: int) -> Utterance:
        """Return what clip ``number`` says: every text in turn, in a voice, speed and pitch drawn for it."""
        dice = np.random.default_rng([self.seed, number])
        accents = ACCENTS.get(self.language, (self.language,))
        voice = accents[dice.integers(len(accents))] + VARIANTS[dice.integers(len(VARIANTS))]
        speed, pitch, spread = dice.integers(120, 220), dice.integers(20, 80), dice.integers(20, 80)
        return Utterance(texts[number % len(texts)].read, voice, int(speed), int(pitch), int(spread))

    def _texts(self) -> list[Reading]:
        if self.heard == "tone":
            return [Reading(syllable + n, mark) for syllable in SYLLABLES for n, mark in TONES.items()]
        if self.texts is not None:
            texts = [_reading(line) for line in read_lines(self.texts, self.encoding) if line.strip()]
            if not texts:
                raise DataError(f"{self.texts} has no text in it; write one on each line")
            return texts
        if self.language not in TEXTS:
            raise DataError(
                f"there are texts of our own in {', '.join(TEXTS)}, none in {self.language!r}; name a file "
                "with one on each line: task.source.texts=FILE"
            )
        return [Reading(text, text) for text in TEXTS[self.language]]


def _reading(line: str) -> Reading:
    """Return a line's two parts, or its one part twice, with single spaces."""
    read, _, written = (" ".join(part.split()) for part in line.strip().partition("\t"))
    return Reading(read, written or read)
