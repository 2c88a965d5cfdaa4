"""The pitch of a voice, frame by frame: what tells tones apart, which bands of mels blur.

Strength of a pitch: the normalised cross-correlation of a frame with itself one period later (Talkin 1995,
"A robust algorithm for pitch tracking").  Its course: the path through all frames with the greatest sum of
strengths less what its leaps cost, by dynamic programming.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from scipy import fft
from torch import Tensor

from armillary.data.audio import RATE
from armillary.data.log_mel import HOP, Lengths, Waves, real_frames

N_PITCH = 3  # features of a frame: height, slope, strength
LOWEST, HIGHEST = 65.0, 450.0  # Hz
WINDOW = RATE // 20  # samples, 50 ms: three periods of the lowest pitch
N_PITCHES = 90  # candidates, a third of a semitone apart
STIFFNESS = 6.0  # strength that a leap costs, for each unit of ln pitch
LONGER = 0.3  # share of its strength that the longest period loses: two periods are a period too
LEAP = 8  # candidates from one frame to the next at most, nearly three semitones
VOICED = 0.6  # strength from which on a frame is taken for voiced
QUIET = 1e-4  # amplitude below which nothing is strong

HEIGHT, SLOPE = 4.0, 20.0  # bring most features into [-1, 1]
REACH = 2  # frames to either side that a slope is taken over

SHORTEST, LONGEST = math.floor(RATE / HIGHEST), math.ceil(RATE / LOWEST)  # periods, samples
Strengths = Float[Tensor, "batch frames pitches"]


def pitch_features(waves: Waves, lengths: Lengths) -> Float[Tensor, "batch frames 3"]:
    """Return height, slope and strength of the pitch, for the frames of ``log_mel``; 0 behind them.

    Height is ln of the pitch over its mean in the recording's voiced frames: a voice's own height is taken
    away.  Rows have the features that they would have alone.
    """
    n_frames = lengths // HOP
    alone = zip(waves, lengths.tolist(), n_frames.tolist(), strict=True)
    rows = [strengths(wave[:n_samples], n) for wave, n_samples, n in alone]
    strong = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    path = steadiest(strong)
    heights = log_pitches()[path]
    strength = strong.gather(2, path[..., None])[..., 0]
    real = real_frames(n_frames, strong.shape[1])
    voiced = (strength > VOICED) & real
    counted = torch.where(voiced.any(1, keepdim=True), voiced, real).to(heights)
    mean = (heights * counted).sum(1, keepdim=True) / counted.sum(1, keepdim=True)
    heights = heights - mean  # behind a recording the path stays where it was, and so does the slope's end
    features = torch.stack((HEIGHT * heights, SLOPE * _slopes(heights), strength), 2)
    return features.masked_fill(~real[..., None], 0.0)


def log_pitches() -> Float[Tensor, " pitches"]:
    """Return ln of the candidates, in Hz, the highest first."""
    return torch.linspace(math.log(RATE / SHORTEST), math.log(RATE / LONGEST), N_PITCHES)


def strengths(wave: Float[Tensor, " samples"], n_frames: int) -> Float[Tensor, "frames pitches"]:
    """Return how strong each candidate is in each frame of a recording, at most 1."""
    around = F.pad(wave, (WINDOW // 2, WINDOW + LONGEST))
    frames = around.unfold(0, WINDOW + LONGEST, HOP)[:n_frames]
    frames = frames - frames.mean(1, keepdim=True)
    n = fft.next_fast_len(WINDOW + LONGEST, real=True)
    spectra = torch.fft.rfft(frames[:, :WINDOW], n).conj() * torch.fft.rfft(frames, n)
    products = torch.fft.irfft(spectra, n)[:, : LONGEST + 1]
    energy = F.pad(frames.square().cumsum(1), (1, 0))
    shifted = energy[:, WINDOW : WINDOW + LONGEST + 1] - energy[:, : LONGEST + 1]
    floor = WINDOW * QUIET**2
    correlation = products / (energy[:, WINDOW, None] * shifted.clamp(min=0) + floor**2).sqrt()
    return _by_candidate(correlation)


def steadiest(strong: Strengths) -> Int[Tensor, "batch frames"]:
    """Return the best path: a candidate for each frame of each row."""
    at = log_pitches()
    cost = STIFFNESS * (at[0] - at[1]) * torch.arange(-LEAP, LEAP + 1).abs()
    places = torch.arange(N_PITCHES) - LEAP
    first, *others = (strong * (1 - LONGER * (RATE / LONGEST) / at.exp())).unbind(1)
    best, came = first, []
    for frame in others:
        near = F.pad(best, (LEAP, LEAP), value=-torch.inf).unfold(1, 2 * LEAP + 1, 1)
        reached, leap = (near - cost).max(2)
        came.append(places + leap)
        best = reached + frame
    path = [best.argmax(1)]
    for before in reversed(came):
        path.append(before.gather(1, path[-1][:, None])[:, 0])
    return torch.stack(path[::-1], 1)


def _by_candidate(correlation: Float[Tensor, "frames lags"]) -> Float[Tensor, "frames pitches"]:
    """Return the correlation at the periods of the candidates, between samples on a straight line."""
    periods = RATE / log_pitches().exp()
    low = periods.floor().long().clamp(max=LONGEST - 1)
    return torch.lerp(correlation[:, low], correlation[:, low + 1], periods - low)


def _slopes(heights: Float[Tensor, "batch frames"]) -> Float[Tensor, "batch frames"]:
    """Return the change a frame, over ``REACH`` frames to either side; the ends are continued."""
    ends = F.pad(heights[:, None], (REACH, REACH), mode="replicate")[:, 0]
    return (ends[:, 2 * REACH :] - ends[:, : -2 * REACH]) / (2 * REACH)
