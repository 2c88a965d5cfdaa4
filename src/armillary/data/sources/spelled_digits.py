"""Digits dialled in telephone tones and spelled in words: sound to learn from where there is no speech."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float64

from armillary.core.errors import ConfigError
from armillary.data.audio import RATE, Samples
from armillary.data.audio_changes import with_noise
from armillary.data.base import SOURCES, Recording
from armillary.data.recording_splits import hold_out_recordings
from armillary.data.splits import HoldOut, Splits, SplitSource

ROWS = (697.0, 770.0, 852.0, 941.0)  # Hz, of a telephone's keys (ITU-T Q.23)
COLUMNS = (1209.0, 1336.0, 1477.0)
KEYS = ("123", "456", "789", " 0 ")
WORDS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "zh": ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九"),
}
FADE = RATE // 200  # samples, 5 ms


@SOURCES.register("spelled-digits")
@dataclass(frozen=True, kw_only=True)
class SpelledDigits(SplitSource):
    """One to six keys of a telephone, each the two tones of its row and column, as in ITU-T Q.23.

    Not speech: it needs no download, and shows in a minute that a recogniser learns.  Each telephone has
    its own tempo, loudness, detuning and noise, and stands for a speaker; telephones of test are not in
    training.
    """

    kind: ClassVar[str] = "spelled-digits"
    example: ClassVar[type] = Recording
    licence: ClassVar[str] = "Apache-2.0"
    citation: ClassVar[str] = "made by Armillary; the frequencies are those of ITU-T Q.23 (1988)"
    language: Literal["en", "zh"] = "en"  # of the words
    n_clips: int = 1_000
    n_telephones: int = 30
    longest: int = 6  # digits
    seed: int = 0
    held_out: HoldOut = HoldOut()

    def __post_init__(self) -> None:
        if self.n_telephones < 3 or self.n_clips < 10 * self.n_telephones or self.longest < 1:
            raise ConfigError(
                "three telephones or more have ten clips or more each, of one digit or more; got "
                f"n_telephones={self.n_telephones} n_clips={self.n_clips} longest={self.longest}"
            )

    def read(self) -> Splits:
        recordings = [self._clip(number) for number in range(self.n_clips)]
        names = [str(number) for number in range(self.n_clips)]
        return hold_out_recordings(recordings, names, self.held_out, "speaker")

    def _clip(self, number: int) -> Recording:
        telephone = number % self.n_telephones
        dice = np.random.default_rng([self.seed, 1, number])
        digits = dice.integers(10, size=dice.integers(1, self.longest + 1)).tolist()
        words = [WORDS[self.language][digit] for digit in digits]
        text = (" " if self.language == "en" else "").join(words)
        samples = dialled(digits, Telephone.drawn(self.seed, telephone), dice)
        return Recording(samples, text, f"telephone {telephone}", "digits", synthetic=True)


@dataclass(frozen=True)
class Telephone:
    """What sets one telephone apart."""

    pitch: float  # factor on all frequencies
    press: float  # seconds that a key is held
    level: float  # amplitude
    noise: float  # dB, signal-to-noise ratio

    @classmethod
    def drawn(cls, seed: int, number: int) -> Telephone:
        """Return telephone ``number`` of a draw."""
        dice = np.random.default_rng([seed, 0, number])
        return cls(
            dice.uniform(0.97, 1.03), dice.uniform(0.08, 0.16), dice.uniform(0.05, 0.4), dice.uniform(5, 30)
        )


def dialled(digits: list[int], telephone: Telephone, dice: np.random.Generator) -> Samples:
    """Return the sound of keys pressed one after the other, with pauses of drawn lengths around them."""
    parts = [_silence(dice)]
    for digit in digits:
        parts += [telephone.level * _key(digit, telephone, dice), _silence(dice)]
    sound = np.concatenate(parts).astype(np.float32)
    return with_noise(sound, telephone.noise, int(dice.integers(2**62)))


def _key(digit: int, telephone: Telephone, dice: np.random.Generator) -> Float64[np.ndarray, " n"]:
    row = next(place for place, keys in enumerate(KEYS) if str(digit) in keys)
    tones = ROWS[row], COLUMNS[KEYS[row].index(str(digit))]
    times = np.arange(round(telephone.press * dice.uniform(0.8, 1.2) * RATE)) / RATE
    sound = sum(np.sin(2 * np.pi * telephone.pitch * tone * times) for tone in tones) / 2
    edge = np.minimum(np.arange(len(times)), np.arange(len(times))[::-1]) / FADE
    return np.asarray(sound * edge.clip(max=1.0))


def _silence(dice: np.random.Generator) -> Float64[np.ndarray, " n"]:
    return np.zeros(round(dice.uniform(0.03, 0.1) * RATE))
