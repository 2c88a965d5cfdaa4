"""Log-mel features as Whisper takes them (Radford et al. 2022, section 2.2), for whole batches.

A frame is a window of 25 ms, the next one begins 10 ms later; its power spectrum is summed under
triangular bands on Slaney's mel scale, each of unit area.  The decimal logarithm is cut 8 below the loudest
band of the recording and scaled to about [-1, 1].
"""

from __future__ import annotations

import functools

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int
from torch import Tensor

from armillary.core.errors import DataError
from armillary.data.audio import RATE, Samples

WINDOW = RATE // 40  # 400 samples, 25 ms
HOP = RATE // 100  # 160 samples, 10 ms
N_MELS = 80
RANGE = 8.0  # decades of power below the loudest band, 80 dB; what is quieter is raised to it
FLOOR = 1e-10  # power under which the logarithm is not taken

Waves = Float[Tensor, "batch samples"]
Features = Float[Tensor, "batch frames mels"]
Lengths = Int[Tensor, " batch"]

# Slaney's scale (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above.
LINEAR = 200 / 3  # Hz a mel
CORNER = 1000.0  # Hz
STEP = np.log(6.4) / 27  # of the logarithm of the frequency, a mel


def log_mel(waves: Waves, lengths: Lengths | None = None, n_mels: int = N_MELS) -> tuple[Features, Lengths]:
    """Return the features of recordings at 16 kHz and how many frames of each are real.

    ``lengths`` are the samples of each row that are real; rows have the features that they would have
    alone, and 0 behind them.  A frame is 10 ms.  DataError for a recording without one.
    """
    if lengths is None:
        lengths = torch.full((len(waves),), waves.shape[1])
    energies, n_frames = log_energies(waves, lengths, n_mels)
    real = real_frames(n_frames, energies.shape[1])
    loudest = energies.masked_fill(~real[..., None], -torch.inf).amax((1, 2), keepdim=True)
    return normalised(energies, loudest).masked_fill(~real[..., None], 0.0), n_frames


def log_energies(waves: Waves, lengths: Lengths, n_mels: int = N_MELS) -> tuple[Features, Lengths]:
    """Return the decimal logarithm of the power in each band, and the frames of each row that are real.

    What streams takes these, for they need nothing but their own window; ``normalised`` does the rest.
    """
    n_frames = lengths // HOP
    if not bool((n_frames > 0).all()):
        raise DataError(f"a recording has {int(lengths.min())} samples; one frame of features takes {HOP}")
    padded = _mirrored(waves, lengths)
    window = torch.hann_window(WINDOW, dtype=waves.dtype, device=waves.device)
    spectrum = torch.stft(padded, WINDOW, HOP, window=window, center=False, return_complex=True)
    power = spectrum[..., : int(n_frames.max())].abs().square().mT
    bands = torch.from_numpy(mel_bands(n_mels)).to(waves)
    return (power @ bands).clamp(min=FLOOR).log10(), n_frames


def normalised(energies: Features, loudest: Float[Tensor, "batch 1 1"]) -> Features:
    """Return features of about [-1, 1] from energies and the largest of each recording."""
    return (torch.maximum(energies, loudest - RANGE) + 4) / 4


def padded_to(waves: Waves, seconds: float = 30.0) -> Float[Tensor, "batch padded"]:
    """Return recordings cut, or followed by silence, so that they last ``seconds``: what Whisper sees."""
    n_missing = round(seconds * RATE) - waves.shape[1]
    return torch.nn.functional.pad(waves, (0, n_missing))


def together(recordings: list[Samples]) -> tuple[Waves, Lengths]:
    """Return recordings of any lengths as one tensor, and their lengths in samples."""
    lengths = torch.tensor([len(samples) for samples in recordings])
    waves = torch.zeros(len(recordings), int(lengths.max()))
    for row, samples in zip(waves, recordings, strict=True):
        row[: len(samples)] = torch.from_numpy(samples)
    return waves, lengths


def real_frames(n_frames: Lengths, longest: int) -> Bool[Tensor, "batch frames"]:
    """Return which frames of a padded batch are real."""
    return torch.arange(longest, device=n_frames.device) < n_frames[:, None]


@functools.cache
def mel_bands(n_mels: int) -> Float64[np.ndarray, "bins mels"]:
    """Return the weight of each frequency of the spectrum in each band from 0 Hz to half the rate.

    Triangles that meet at their neighbours' peaks, 2 / width high, so that each has unit area.
    """
    edges = _to_hertz(np.linspace(0, _to_mels(RATE / 2), n_mels + 2))
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.asarray(np.minimum(rising, falling).clip(min=0) * 2 / (edges[2:] - edges[:-2]))


def _to_mels(hertz: float) -> float:
    """Return the place of a frequency of 1 kHz or more on Slaney's scale."""
    return float(CORNER / LINEAR + np.log(hertz / CORNER) / STEP)


def _to_hertz(mels: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    corner = CORNER / LINEAR
    return np.where(mels < corner, LINEAR * mels, CORNER * np.exp(STEP * (mels - corner)))


def _mirrored(waves: Waves, lengths: Lengths) -> Float[Tensor, "batch samples+400"]:
    """Return rows with half a window before and behind their real samples, mirrored at the ends.

    A row shorter than half a window is mirrored to and fro.
    """
    half = WINDOW // 2
    places = torch.arange(-half, waves.shape[1] + half, device=waves.device)
    last = (lengths - 1).clamp(min=1)[:, None].to(waves.device)
    folded = places.expand(len(waves), -1).remainder(2 * last)
    return waves.gather(1, torch.minimum(folded, 2 * last - folded))
