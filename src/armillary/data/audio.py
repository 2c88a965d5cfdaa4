"""Recordings of any kind as mono samples at 16 kHz, read in blocks: memory does not grow with length."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float32

from armillary.core.errors import DataError, MissingExtraError
from armillary.data.base import Recording

Samples = Float32[np.ndarray, "_"]  # mono, in [-1, 1]
Frames = Float32[np.ndarray, "frames channels"]

RATE = 16_000  # Hz, everywhere past this file
SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au"})
BLOCK = 1 << 20  # samples of all channels together that are decoded at a time: 4 MB

FULL_SCALE = 0.999  # of 1; three samples on end that reach it were clipped
SILENT = 1e-3  # peak, -60 dB of full scale; below it nothing is heard
LOUDEST = 4.0  # an MP3 may decode to a little over 1; floats beyond this were never scaled to [-1, 1]

WINDOW = RATE // 100  # samples; energy is measured in steps of 10 ms
PAUSE = 30  # windows, 0.3 s; a cut falls into the middle of the quietest such stretch


@dataclass(frozen=True)
class AudioFacts:
    """What a recording is, and what is wrong with it, if anything."""

    seconds: float
    rate: int  # Hz, of the file
    channels: int
    peak: float  # largest magnitude after the channels were mixed; full scale is 1
    level: float  # root mean square, in dB of full scale; -inf for no sound at all
    clipped: float  # share of the samples, all channels, that sit in a run of three at full scale

    @property
    def is_silent(self) -> bool:
        return self.peak < SILENT

    def remarks(self) -> list[str]:
        """Return a sentence for each thing a listener should know, none for a sound recording."""
        found = []
        if self.is_silent:
            found.append(f"silent: the peak is {self.peak:.1g} of full scale")
        if self.clipped:
            found.append(f"clipped: {self.clipped:.2%} of the samples are at full scale")
        return found


class Piece(NamedTuple):
    """A stretch of a long recording."""

    start: float  # seconds from the beginning
    samples: Samples


def seconds(path: Path) -> float:
    """Return how long a recording lasts by its header.  DataError when it is no audio."""
    with _opened(path) as file:
        return float(file.frames / file.samplerate)


def load(recording: Recording | Path) -> Samples:
    """Return the whole of a recording, mono at 16 kHz.

    Raises DataError, naming the file, when it cannot be read, is empty or is cut short.
    """
    audio = recording.audio if isinstance(recording, Recording) else recording
    return np.concatenate(list(blocks(audio))) if isinstance(audio, Path) else audio


def blocks(path: Path) -> Iterator[Samples]:
    """Yield a recording, mono at 16 kHz, in blocks of a bounded number of samples; raises as ``load``."""
    soxr = _library("soxr")
    with _opened(path) as file:
        stream = soxr.ResampleStream(file.samplerate, RATE, 1, dtype="float32")
        for frames in _decoded(path, file):
            yield stream.resample_chunk(_mixed(frames)).clip(-1, 1)
        yield stream.resample_chunk(np.zeros(0, np.float32), last=True).clip(-1, 1)


def resampled(samples: Samples, rate: float, wanted: float = RATE) -> Samples:
    """Return mono samples taken at ``rate`` Hz as samples at ``wanted`` Hz."""
    found: Samples = _library("soxr").resample(samples, rate, wanted)
    return found.clip(-1, 1)


def as_mp3(samples: Samples) -> bytes:
    """Return samples at 16 kHz as a file that any browser plays."""
    buffer = io.BytesIO()
    _library("soundfile").write(buffer, samples, RATE, format="MP3")
    return buffer.getvalue()


def audio_facts(path: Path) -> AudioFacts:
    """Return what a recording is by reading it once, as it was stored; raises as ``load`` does."""
    peak = energy = 0.0
    n_frames = n_clipped = 0
    with _opened(path) as file:
        for frames in _decoded(path, file):
            mixed = _mixed(frames)
            peak = max(peak, float(np.abs(mixed).max()))
            energy += float(np.square(mixed, dtype=np.float64).sum())
            n_clipped += int(_in_runs(np.abs(frames) >= FULL_SCALE).sum())
            n_frames += len(frames)
        rate, channels = file.samplerate, file.channels
    level = 10 * np.log10(energy / n_frames) if energy else -np.inf
    return AudioFacts(n_frames / rate, rate, channels, peak, float(level), n_clipped / (n_frames * channels))


def pieces(source: Path | Iterable[Samples], longest: float = 30.0) -> Iterator[Piece]:
    """Cut a recording, or samples that come in blocks, at pauses into pieces of at most ``longest`` seconds.

    A cut falls into the middle of the quietest 0.3 s in the second half of what a piece may hold, so pieces
    but the last are at least half as long as allowed.  Together they are the recording, sample for sample;
    no more than a piece and a block are held at a time.
    """
    most = int(longest * RATE)
    if most < 2 * PAUSE * WINDOW:
        raise ValueError(f"pieces of speech are 0.6 s or longer, got {longest} s")
    held, start = np.zeros(0, np.float32), 0
    for block in blocks(source) if isinstance(source, Path) else source:
        held = np.concatenate([held, block])
        while len(held) > most:
            cut = _quietest(held[:most])
            yield Piece(start / RATE, held[:cut])
            held, start = held[cut:], start + cut
    if len(held):
        yield Piece(start / RATE, held)


def _quietest(samples: Samples) -> int:
    """Return the place to cut: the middle of the quietest pause in the second half, the last of equals."""
    first = len(samples) // 2
    n_windows = (len(samples) - first) // WINDOW
    windows = samples[first : first + n_windows * WINDOW].reshape(n_windows, WINDOW)
    power = np.square(windows, dtype=np.float64).sum(axis=1)
    summed = np.concatenate([[0.0], power.cumsum()])
    pauses = summed[PAUSE:] - summed[:-PAUSE]
    last = len(pauses) - 1 - int(pauses[::-1].argmin())
    return first + (last + PAUSE // 2) * WINDOW


def _mixed(frames: Frames) -> Samples:
    return np.asarray(frames.mean(axis=1, dtype=np.float32))


def _in_runs(high: Bool[np.ndarray, "frames channels"]) -> Bool[np.ndarray, "frames channels"]:
    """Return which places belong to a run of three or more along the first axis."""
    centre = high[:-2] & high[1:-1] & high[2:]
    runs = np.zeros_like(high)
    for shift in range(3):
        runs[shift : len(high) - 2 + shift] |= centre
    return runs


def _decoded(path: Path, file: Any) -> Iterator[Frames]:
    """Yield what a file holds, block by block; DataError when it holds nothing, or what is no sound."""
    frames_at_a_time = max(1, BLOCK // file.channels)
    empty = True
    while len(frames := file.read(frames_at_a_time, dtype="float32", always_2d=True)):
        peak = np.abs(frames).max()  # NaN when one sample is
        if not peak <= LOUDEST:
            raise DataError(f"{path} holds samples of magnitude {peak:.3g}; float samples lie in [-1, 1]")
        yield frames
        empty = False
    if empty:
        raise DataError(f"{path} is audio of no length; record it again or take it out")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a sound file; whatever the library raises until it is closed becomes a DataError naming it."""
    soundfile = _library("soundfile")
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path} is empty: 0 bytes; record it again or take it out")
        with soundfile.SoundFile(str(path)) as file:
            yield file
    except (OSError, soundfile.SoundFileError) as error:
        why = str(getattr(error, "error_string", None) or getattr(error, "strerror", None) or error)
        raise DataError(
            f"{path} cannot be read as audio: {why.rstrip('.')}; WAV, FLAC, OGG and MP3 can be"
        ) from error


def _library(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError("reading audio", name, "speech") from error
