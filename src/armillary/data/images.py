"""Images as tensors: stacked, normalised, and varied for training by operations on a whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from armillary.core.config import Config
from armillary.core.errors import ConfigError, DataError
from armillary.data.base import LabelledImage

Stack = UInt8[Tensor, "n channels height width"]
Pixels = Float[Tensor, "batch channels height width"]


@dataclass(frozen=True, kw_only=True)
class PixelStatistics(Config):
    """Mean and standard deviation of each channel over the training split; white is 1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Augmentation(Config):
    """How training images are varied.  Nothing by default: a mirrored 3 is no digit."""

    crop: int = 0  # pixels by which the image is shifted at most, each way; the border is continued
    flip: bool = False  # half of the images are mirrored left to right
    cutout: int = 0  # pixels a side of a square that is blanked (DeVries & Taylor 2017)

    def __post_init__(self) -> None:
        if self.crop < 0 or self.cutout < 0:
            raise ConfigError(f"crop and cutout are pixels, got crop={self.crop} cutout={self.cutout}")


def stack(images: Sequence[LabelledImage]) -> Stack:
    """Return the pixels of all images.  DataError when they are not all of one size."""
    shapes = [image.pixels.shape for image in images]
    for place, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise DataError(
                f"image {place} is {_size(shape)} and image 0 is {_size(shapes[0])}; all must be alike: "
                "resize them, or read them with the source image-folder, which does"
            )
    return torch.from_numpy(np.stack([image.pixels for image in images])).movedim(-1, 1).contiguous()


def statistics(pixels: Stack) -> PixelStatistics:
    """Return the mean and standard deviation of each channel, in one pass over the bytes."""
    counts = torch.stack([channel.flatten().bincount(minlength=256) for channel in pixels.unbind(1)]).double()
    values = torch.arange(256, dtype=torch.float64) / 255
    shares = counts / counts.sum(dim=1, keepdim=True)
    mean = shares @ values
    variance = shares @ values**2 - mean**2
    std = variance.clamp(min=0).sqrt().clamp(min=1 / 255)  # a constant channel has no scale of its own
    return PixelStatistics(mean=tuple(mean.tolist()), std=tuple(std.tolist()))


def normalise(pixels: UInt8[Tensor, "batch channels height width"], over: PixelStatistics) -> Pixels:
    """Return pixels with mean 0 and standard deviation 1 over the training split."""
    mean = 255 * torch.tensor(over.mean).view(-1, 1, 1)
    std = 255 * torch.tensor(over.std).view(-1, 1, 1)
    return (pixels.float() - mean) / std


def augment(pixels: Pixels, how: Augmentation, generator: torch.Generator) -> Pixels:
    """Return a random variation of each normalised image, drawn from ``generator``.

    Shift and mirror are one gather: each image reads its own rows and columns.
    """
    n, channels, height, width = pixels.shape
    if how.crop or how.flip:
        rows = _places(n, height, how.crop, generator)
        columns = _places(n, width, how.crop, generator)
        if how.flip:
            mirrored = torch.rand(n, generator=generator) < 0.5
            columns = torch.where(mirrored[:, None], columns.flip(1), columns)
        places = (rows[:, :, None] * width + columns[:, None, :]).view(n, 1, -1)
        pixels = pixels.flatten(2).gather(2, places.expand(-1, channels, -1)).view(pixels.shape)
    if how.cutout:
        across = _hole(n, width, how.cutout, generator)[:, None, None, :]
        down = _hole(n, height, how.cutout, generator)[:, None, :, None]
        pixels = pixels.masked_fill(across & down, 0.0)  # the mean, after normalisation
    return pixels


def _places(n: int, size: int, shift: int, generator: torch.Generator) -> Int[Tensor, "n size"]:
    """Return, for each image, ``size`` neighbouring places from a random shift on; the border is repeated."""
    starts = torch.randint(-shift, shift + 1, (n, 1), generator=generator)
    return (starts + torch.arange(size)).clamp(0, size - 1)


def _hole(n: int, size: int, side: int, generator: torch.Generator) -> Bool[Tensor, "n size"]:
    """Return, for each image, which places lie in an interval of ``side``, its centre anywhere."""
    starts = torch.randint(size, (n, 1), generator=generator) - side // 2
    places = torch.arange(size)
    return (places >= starts) & (places < starts + side)


def _size(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
