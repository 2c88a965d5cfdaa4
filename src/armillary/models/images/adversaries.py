"""A generator and a discriminator of residual convolutions, without norms, after R3GAN (Huang et al. 2024).

Both have the stages of one pyramid: at each the image is twice as high and wide as at the one before, from
a coarsest of 4 to 7 cells on the longer side.  Other sizes are cropped from, or padded to, the pyramid's.
"""

from __future__ import annotations

import itertools
import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from armillary.models.images.conditioning import Conditioning
from armillary.models.layers.initial import normal_

COARSEST = 8  # cells a side, below which an image is not halved further
SLOPE = 0.2  # of the leaky ReLU below zero
GAIN = math.sqrt(2 / (1 + SLOPE**2))  # keeps the mean square through a leaky ReLU (He et al. 2015)
GROUP = 16  # channels of a group of the inner convolution
EXPANSION = 2  # its channels over those outside


class Pyramid:
    """The sizes of the stages of an image, the coarsest first."""

    def __init__(self, height: int, width: int) -> None:
        self.n_stages = 1
        while math.ceil(max(height, width) / 2 ** (self.n_stages - 1)) >= COARSEST:
            self.n_stages += 1
        shrunk = 2 ** (self.n_stages - 1)
        self.coarsest = math.ceil(height / shrunk), math.ceil(width / shrunk)
        self.finest = self.coarsest[0] * shrunk, self.coarsest[1] * shrunk

    def channels(self, d_model: int) -> list[int]:
        """Return the channels of each stage: ``d_model`` at the finest, twice as many a stage coarser."""
        return [d_model * 2 ** (self.n_stages - 1 - stage) for stage in range(self.n_stages)]


def convolution(n_in: int, n_out: int, side: int, *, gain: float = 1.0, groups: int = 1) -> nn.Conv2d:
    """Return a convolution that keeps the size, weights of variance ``gain``^2 / fan-in, bias 0."""
    layer = nn.Conv2d(n_in, n_out, side, padding=side // 2, groups=groups)
    normal_(layer.weight, gain * layer.weight[0].numel() ** -0.5)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


class Residual(nn.Module):
    """x + W3 a(W2 a(W1 x)), W2 a grouped 3x3 and the others 1x1 convolutions, a the leaky ReLU.

    Without norms the depth is held by the start: W3 is zero, and the others are smaller by the fourth root
    of the number of blocks (Fixup: Zhang et al. 2019, for branches of three maps).
    """

    def __init__(self, width: int, n_blocks: int) -> None:
        super().__init__()
        inner, gain = EXPANSION * width, GAIN * n_blocks**-0.25
        self.spread = convolution(width, inner, 1, gain=gain)
        self.mix = convolution(inner, inner, 3, gain=gain, groups=max(1, inner // GROUP))
        self.gather = convolution(inner, width, 1, gain=0.0)

    def forward(
        self, x: Float[Tensor, "batch width rows columns"]
    ) -> Float[Tensor, "batch width rows columns"]:
        h = F.leaky_relu(self.mix(F.leaky_relu(self.spread(x), SLOPE)), SLOPE)
        added: Tensor = x + self.gather(h)
        return added


class Generator(nn.Module):
    """An image from noise and what it shall show: a coarsest image, made finer stage by stage."""

    def __init__(
        self,
        channels: int,
        height: int,
        width: int,
        *,
        d_condition: int,
        d_model: int,
        n_blocks: int = 2,
        d_noise: int = 64,
    ) -> None:
        """``d_model``, a multiple of 8, is the channels of the finest stage; each has ``n_blocks``."""
        super().__init__()
        self.size, self.d_noise = (height, width), d_noise
        pyramid = Pyramid(height, width)
        self.coarsest, widths = pyramid.coarsest, pyramid.channels(d_model)
        self.condition = nn.Linear(d_condition, d_noise, bias=False)
        self.base = nn.Linear(2 * d_noise, widths[0] * math.prod(self.coarsest))
        normal_(self.base.weight, (2 * d_noise) ** -0.5)
        self.stages = _stages(widths, n_blocks)
        self.narrower = nn.ModuleList(convolution(a, b, 1) for a, b in itertools.pairwise(widths))
        self.head = convolution(widths[-1], channels, 1)

    def forward(
        self, noise: Float[Tensor, "batch d_noise"], condition: Conditioning
    ) -> Float[Tensor, "batch channels height width"]:
        """``noise`` is standard normal; so that a caption weighs as much, its map has the length of noise."""
        wanted = F.normalize(self.condition(condition.vector), dim=1) * math.sqrt(self.d_noise)
        x = self.base(torch.cat((noise, wanted), 1)).unflatten(1, (-1, *self.coarsest))
        x = self.stages[0](x)
        for narrower, stage in zip(self.narrower, self.stages[1:], strict=True):
            x = stage(F.interpolate(narrower(x), scale_factor=2, mode="bilinear", align_corners=False))
        images: Tensor = self.head(x)
        return images[..., : self.size[0], : self.size[1]]


class Discriminator(nn.Module):
    """A score of how real an image is as one of what was asked for (projection: Miyato & Koyama 2018).

    The score is the product of the image's features and of the vector of what was asked for, over the
    root of their length; there is no norm over the batch, so that each score depends on its image alone.
    """

    def __init__(
        self, channels: int, height: int, width: int, *, d_condition: int, d_model: int, n_blocks: int = 2
    ) -> None:
        """``d_model``, a multiple of 8, is the channels of the finest stage; each has ``n_blocks``."""
        super().__init__()
        pyramid = Pyramid(height, width)
        self.missing = 0, pyramid.finest[1] - width, 0, pyramid.finest[0] - height
        widths = pyramid.channels(d_model)[::-1]
        self.stem = convolution(channels, widths[0], 1)
        self.stages = _stages(widths, n_blocks)
        self.wider = nn.ModuleList(convolution(a, b, 1) for a, b in itertools.pairwise(widths))
        self.condition = nn.Linear(d_condition, widths[-1])
        self.features = nn.Conv2d(widths[-1], widths[-1], pyramid.coarsest, groups=widths[-1])
        self.out = nn.Linear(widths[-1], widths[-1])

    def forward(
        self, images: Float[Tensor, "batch channels height width"], condition: Conditioning
    ) -> Float[Tensor, " batch"]:
        x = self.stages[0](self.stem(F.pad(images, self.missing)))
        for wider, stage in zip(self.wider, self.stages[1:], strict=True):
            x = stage(wider(F.avg_pool2d(x, 2)))
        features = self.out(self.features(x).flatten(1))
        wanted = self.condition(condition.vector)
        scores: Tensor = (features * wanted).sum(1) / math.sqrt(features.shape[1])
        return scores


def _stages(widths: list[int], n_blocks: int) -> nn.ModuleList:
    n_in_all = n_blocks * len(widths)
    return nn.ModuleList(nn.Sequential(*(Residual(w, n_in_all) for _ in range(n_blocks))) for w in widths)
