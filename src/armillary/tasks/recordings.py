"""Recordings as what a model hears, and texts as what it is to make of them."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from armillary.data.audio import RATE, Samples, load, seconds
from armillary.data.base import Recording
from armillary.data.log_mel import HOP, Lengths, log_mel, together
from armillary.data.pitch import pitch_features

KEPT = 2**28  # samples that are kept in memory at most: 1 GiB, four and a half hours
FRAMES_A_SECOND = RATE // HOP

Frames = Float[Tensor, "batch frames mels"]


class Waves:
    """The samples of recordings; those asked for last stay in memory."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self.recordings = recordings
        self.seconds = [duration(recording) for recording in recordings]
        self._kept: OrderedDict[int, Samples] = OrderedDict()
        self._n_kept = 0

    def __getitem__(self, place: int) -> Samples:
        if place in self._kept:
            self._kept.move_to_end(place)
            return self._kept[place]
        samples = self._kept[place] = load(self.recordings[place])
        self._n_kept += len(samples)
        while self._n_kept > KEPT and len(self._kept) > 1:
            self._n_kept -= len(self._kept.popitem(last=False)[1])
        return samples


def duration(recording: Recording) -> float:
    """Return the seconds that a recording lasts, by the header of its file."""
    audio = recording.audio
    return seconds(audio) if isinstance(audio, Path) else len(audio) / RATE


def frames_of(waves: Sequence[Samples], *, pitch: bool = False) -> tuple[Frames, Lengths]:
    """Return the features of recordings side by side, and how many frames of each are real.

    Behind the mels stand the features of the pitch, where those are asked for.  A recording shorter than a
    frame is followed by silence until it has one.
    """
    together_ = together([wave if len(wave) >= HOP else _filled(wave) for wave in waves])
    mels, n_frames = log_mel(*together_)
    return torch.cat((mels, pitch_features(*together_)), 2) if pitch else mels, n_frames


def fewest_steps(tokens: Sequence[int] | np.ndarray) -> int:
    """Return the steps that a text needs at least: one a token, and a blank between equal neighbours."""
    return len(tokens) + sum(int(a == b) for a, b in itertools.pairwise(tokens))


def name_of(recording: Recording, place: int) -> str:
    """Return what a reader knows a recording by: its file, or its number."""
    return recording.audio.name if isinstance(recording.audio, Path) else f"recording {place}"


def _filled(wave: Samples) -> Samples:
    return np.pad(wave, (0, HOP - len(wave)))
