"""Training recordings varied: another speed, added noise, stretches of features hidden.

Each is a pure function of what it is given and a seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy import fft
from torch import Tensor

from armillary.core.config import Config
from armillary.core.errors import ConfigError
from armillary.data.audio import RATE, Samples, resampled
from armillary.data.log_mel import Features, Lengths, real_frames

TELEPHONE = 8_000  # samples a second


@dataclass(frozen=True, kw_only=True)
class WaveChanges(Config):
    """How the sound of a training recording is varied before its features are taken."""

    speeds: tuple[float, ...] = (0.9, 1.0, 1.1)  # one is drawn (Ko et al. 2015); tempo and pitch both change
    noise: float = 0.5  # share of the recordings that get noise
    quietest_noise: float = 30.0  # dB, the largest signal-to-noise ratio that is drawn
    loudest_noise: float = 5.0  # dB, the smallest
    telephone: float = 0.0  # share of the recordings that lose what a telephone does not carry, above 4 kHz

    def __post_init__(self) -> None:
        if not self.speeds or not all(0.5 <= speed <= 2 for speed in self.speeds):
            raise ConfigError(f"speeds lie from 0.5 to 2 and one is needed, got {self.speeds}")
        for name in ("noise", "telephone"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} is a share of the recordings, 0 to 1, got {getattr(self, name)}")
        if self.loudest_noise > self.quietest_noise:
            raise ConfigError(
                "signal-to-noise ratios are drawn from loudest_noise up to quietest_noise, got "
                f"{self.loudest_noise} and {self.quietest_noise} dB"
            )


@dataclass(frozen=True, kw_only=True)
class SpecAugment(Config):
    """What is hidden of a recording's features (Park et al. 2019); time is in frames of 10 ms."""

    n_bands: int = 2  # of neighbouring mels, each from nothing to ``widest_band``
    widest_band: int = 27  # mels, of 80 as in the paper
    n_spans: int = 2  # of neighbouring frames, each from nothing to ``longest_span``
    longest_span: int = 100  # frames
    most_of_time: float = 0.2  # share of a recording that one span may hide, so that short ones stay words
    warp: int = 0  # frames by which one point in time is moved at most; the paper's least useful part

    def __post_init__(self) -> None:
        for name in ("n_bands", "widest_band", "n_spans", "longest_span", "warp"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is 0 or more, got {getattr(self, name)}")
        if not 0 <= self.most_of_time <= 1:
            raise ConfigError(f"most_of_time is a share, 0 to 1, got {self.most_of_time}")


def changed(samples: Samples, how: WaveChanges, seed: int) -> Samples:
    """Return a recording at a drawn speed and, in drawn shares of cases, with noise and by telephone."""
    dice = np.random.default_rng(seed)
    speed = how.speeds[dice.integers(len(how.speeds))]
    noisy, ratio = dice.random() < how.noise, dice.uniform(how.loudest_noise, how.quietest_noise)
    sound = at_other_speed(samples, speed)
    if noisy:
        sound = with_noise(sound, ratio, int(dice.integers(2**62)))
    return by_telephone(sound) if dice.random() < how.telephone else sound


def by_telephone(samples: Samples) -> Samples:
    """Return a recording without what lies above 4 kHz, as one that was made at 8 kHz."""
    return resampled(resampled(samples, RATE, TELEPHONE), TELEPHONE)


def at_other_speed(samples: Samples, speed: float) -> Samples:
    """Return a recording played ``speed`` times as fast, pitch and all (Ko et al. 2015)."""
    return samples if speed == 1 else resampled(samples, RATE * speed)


def with_noise(samples: Samples, ratio: float, seed: int) -> Samples:
    """Return a recording with noise whose power lies ``ratio`` dB under its own.

    The noise's power falls with frequency by a drawn power of 0 (white) to 2 (brown).  A sum that would be
    clipped is scaled down whole, which leaves the ratio; silence stays as it is.
    """
    power = float(np.square(samples, dtype=np.float64).mean()) if len(samples) else 0.0
    if power == 0:
        return samples
    noise = _coloured(len(samples), np.random.default_rng(seed))
    wanted = power * 10 ** (-ratio / 10)
    total = samples + noise * np.sqrt(wanted / np.square(noise).mean())
    return np.asarray(total / max(1.0, np.abs(total).max()), np.float32)


def hidden(features: Features, n_frames: Lengths, how: SpecAugment, seed: int) -> Features:
    """Return features with bands and spans replaced by the mean of each recording's real frames.

    Padding stays what it was.
    """
    generator = torch.Generator().manual_seed(seed)
    n, longest, n_mels = features.shape
    real = real_frames(n_frames, longest)[..., None]
    if how.warp:
        features = torch.where(real, _warped(features, n_frames, how.warp, generator), features)
    mean = (features * real).sum((1, 2), keepdim=True) / (n_frames.view(-1, 1, 1) * n_mels)
    widest = torch.full((n,), float(min(how.widest_band, n_mels)))
    spans = torch.clamp(how.most_of_time * n_frames.cpu(), max=how.longest_span)
    bands = _stretches(torch.full((n,), n_mels), widest, how.n_bands, n_mels, generator)
    times = _stretches(n_frames.cpu(), spans, how.n_spans, longest, generator)
    gone = (bands[:, None, :] | times[:, :, None]).to(features.device)
    return torch.where(gone & real, mean, features)


def _stretches(
    sizes: Int[Tensor, " batch"],
    widest: Float[Tensor, " batch"],
    number: int,
    longest: int,
    generator: torch.Generator,
) -> Bool[Tensor, "batch {longest}"]:
    """Return, for each row, ``number`` stretches of up to ``widest`` places among its first ``sizes``."""
    widths = (torch.rand(len(sizes), number, generator=generator) * (widest[:, None] + 1)).floor()
    widths = torch.minimum(widths, widest[:, None].floor())
    room = sizes[:, None] - widths + 1
    starts = (torch.rand(len(sizes), number, generator=generator) * room).floor()
    places = torch.arange(longest)
    inside = (places >= starts[..., None]) & (places < (starts + widths)[..., None])
    return inside.any(1)


def _warped(features: Features, n_frames: Lengths, most: int, generator: torch.Generator) -> Features:
    """Return features whose time is bent: one drawn frame of each moves, the ends stay (section 2).

    Frames between are interpolated linearly.
    """
    last = (n_frames.cpu() - 1).clamp(min=1).float()[:, None]
    reach = torch.clamp((last - 1) / 2, max=float(most)).clamp(min=0)
    point = reach + torch.rand(len(last), 1, generator=generator) * (last - 2 * reach)
    moved = point + (2 * torch.rand(len(last), 1, generator=generator) - 1) * reach
    moved = torch.maximum(torch.minimum(moved, last - 0.5), torch.full_like(last, 0.5))
    times = torch.arange(features.shape[1]).float()[None]
    before = times * point / moved
    behind = point + (times - moved) * (last - point) / (last - moved)
    origin = torch.where(times < moved, before, behind).clamp(min=0).minimum(last).to(features.device)
    low = origin.floor().long().clamp(max=features.shape[1] - 1)
    high = (low + 1).clamp(max=features.shape[1] - 1)
    share = (origin - low)[..., None]
    every = (-1, -1, features.shape[2])
    return torch.lerp(
        features.gather(1, low[..., None].expand(every)),
        features.gather(1, high[..., None].expand(every)),
        share.to(features),
    )


def _coloured(n: int, dice: np.random.Generator) -> Float[np.ndarray, " n"]:
    """Return noise whose power spectrum is frequency to a power of -2 to 0, drawn evenly."""
    fast = fft.next_fast_len(n, real=True)  # a prime length would take ten times as long
    spectrum = fft.rfft(dice.standard_normal(fast, dtype=np.float32))
    frequency = np.fft.rfftfreq(fast)
    frequency[0] = frequency[1] if len(frequency) > 1 else 1.0
    shape = (frequency ** -dice.uniform(0, 1)).astype(np.float32)
    return np.asarray(fft.irfft(spectrum * shape, fast)[:n])
