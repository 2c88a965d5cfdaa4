"""Digits sung as vowels and spelled in words: sound to learn from where there is no speech."""

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
from armillary.data.vocabulary import DIGITS

# Resonances of a vowel in Hz, as the throat and the mouth make them (Fant 1960).  A vowel is one of each, so
# far from the next that another speed leaves it what it was.
LOW, HIGH = (300.0, 480.0, 770.0), (1000.0, 1500.0, 2250.0, 3400.0)
VOWELS = tuple((low, high) for high in HIGH for low in LOW)[:10]
BANDWIDTH = 90.0  # Hz, of a resonance
HIGHEST = 5_000.0  # Hz, of what is sung
FADE = RATE // 100  # samples, 10 ms


@SOURCES.register("sung-digits")
@dataclass(frozen=True, kw_only=True)
class SungDigits(SplitSource):
    """One to six digits, each sung as a vowel of its own.

    Not speech: it needs no download, and shows in a minute that a recogniser learns.  Each voice has its own
    pitch, size, tempo, loudness and noise; voices of test are not in training.
    """

    kind: ClassVar[str] = "sung-digits"
    example: ClassVar[type] = Recording
    licence: ClassVar[str] = "Apache-2.0"
    citation: ClassVar[str] = "made by Armillary"
    language: Literal["en", "zh", "es", "fr", "it", "ru"] = "en"  # of the words
    n_clips: int = 1_000
    n_voices: int = 30
    longest: int = 6  # digits
    seed: int = 0
    held_out: HoldOut = HoldOut()

    def __post_init__(self) -> None:
        if self.n_voices < 3 or self.n_clips < 10 * self.n_voices or self.longest < 1:
            raise ConfigError(
                "three voices or more have ten clips or more each, of one digit or more; got "
                f"n_voices={self.n_voices} n_clips={self.n_clips} longest={self.longest}"
            )

    def read(self) -> Splits:
        recordings = [self._clip(number) for number in range(self.n_clips)]
        names = [str(number) for number in range(self.n_clips)]
        return hold_out_recordings(recordings, names, self.held_out, "speaker")

    def _clip(self, number: int) -> Recording:
        voice = number % self.n_voices
        dice = np.random.default_rng([self.seed, 1, number])
        digits = dice.integers(10, size=dice.integers(1, self.longest + 1)).tolist()
        words = [DIGITS[self.language][digit] for digit in digits]
        text = ("" if self.language == "zh" else " ").join(words)
        samples = sung(digits, Voice.drawn(self.seed, voice), dice)
        return Recording(samples, text, f"voice {voice}", "digits", synthetic=True)


@dataclass(frozen=True)
class Voice:
    """What sets one voice apart."""

    pitch: float  # Hz
    size: float  # factor on all resonances
    note: float  # seconds that a vowel lasts
    level: float  # amplitude
    noise: float  # dB, signal-to-noise ratio

    @classmethod
    def drawn(cls, seed: int, number: int) -> Voice:
        """Return voice ``number`` of a draw."""
        dice = np.random.default_rng([seed, 0, number])
        return cls(
            pitch=dice.uniform(80, 180),
            size=dice.uniform(0.95, 1.05),
            note=dice.uniform(0.15, 0.3),
            level=dice.uniform(0.05, 0.4),
            noise=dice.uniform(5, 30),
        )


def sung(digits: list[int], voice: Voice, dice: np.random.Generator) -> Samples:
    """Return the sound of digits one after the other, with pauses of drawn lengths around them."""
    parts = [_silence(dice)]
    for digit in digits:
        parts += [voice.level * _vowel(digit, voice, dice), _silence(dice)]
    sound = np.concatenate(parts).astype(np.float32)
    return with_noise(sound, voice.noise, int(dice.integers(2**62)))


def _vowel(digit: int, voice: Voice, dice: np.random.Generator) -> Float64[np.ndarray, " n"]:
    """Return harmonics of a pitch that falls a little, as loud as the resonances let them be."""
    n = round(voice.note * dice.uniform(0.8, 1.2) * RATE)
    pitch = voice.pitch * dice.uniform(0.9, 1.1) * np.linspace(1.0, dice.uniform(0.85, 1.0), n)
    harmonics = np.arange(1, int(HIGHEST / pitch.max()))[:, None]
    hertz = harmonics * pitch.mean()
    resonances = voice.size * np.array(VOWELS[digit])
    loudness = (1 / (1 + ((hertz - resonances) / BANDWIDTH) ** 2)).sum(1) + 0.01
    sound = (loudness[:, None] * np.sin(harmonics * 2 * np.pi * np.cumsum(pitch) / RATE)).sum(0)
    edge = np.minimum(np.arange(n), np.arange(n)[::-1]) / FADE
    return np.asarray(sound / np.abs(sound).max() * edge.clip(max=1.0))


def _silence(dice: np.random.Generator) -> Float64[np.ndarray, " n"]:
    return np.zeros(round(dice.uniform(0.05, 0.15) * RATE))
