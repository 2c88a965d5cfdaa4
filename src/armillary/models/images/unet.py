"""A small U-Net: an image read down to a few cells and drawn up again (Ronneberger et al. 2015).

Residual blocks steered by adaptive group norm, as in Dhariwal & Nichol 2021 (section 3.1).
"""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from armillary.models.images.conditioning import Conditioning
from armillary.models.images.diffusion_transformer import SteeredBlock
from armillary.models.images.modulation import Steering, ZeroLinear
from armillary.models.layers.initial import he_normal_

CHANNELS_IN_GROUP = 8  # of group norm (Wu & He 2018)
D_HEAD = 32  # channels of an attention head in the middle


def convolution(n_in: int, n_out: int, side: int = 3, *, zero: bool = False) -> nn.Conv2d:
    """Return a convolution that keeps the size; ``zero``: it starts as if it were not there."""
    layer = nn.Conv2d(n_in, n_out, side, padding=side // 2)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    if zero:
        nn.init.zeros_(layer.weight)
    else:
        he_normal_(layer.weight)
    return layer


class SteeredResidual(nn.Module):
    """shortcut(x) + conv(silu(norm(conv(silu(norm(x)))) (1 + scale) + shift)), the last map from zero."""

    def __init__(self, n_in: int, n_out: int, d_steering: int) -> None:
        super().__init__()
        self.norm_in = nn.GroupNorm(n_in // CHANNELS_IN_GROUP, n_in)
        self.first = convolution(n_in, n_out)
        self.norm = nn.GroupNorm(n_out // CHANNELS_IN_GROUP, n_out, affine=False)
        self.modulation = ZeroLinear(d_steering, 2 * n_out)
        self.second = convolution(n_out, n_out, zero=True)
        self.shortcut = nn.Identity() if n_in == n_out else convolution(n_in, n_out, 1)

    def forward(
        self, x: Float[Tensor, "batch n_in height width"], steering: Float[Tensor, "batch d_steering"]
    ) -> Float[Tensor, "batch n_out height width"]:
        h = self.norm(self.first(F.silu(self.norm_in(x))))
        shift, scale = self.modulation(steering)[:, :, None, None].chunk(2, 1)
        added: Tensor = self.shortcut(x) + self.second(F.silu(torch.addcmul(shift, h, 1 + scale)))
        return added


class UNet(nn.Module):
    """The velocity of an image at a time, towards what is wanted; zero before training.

    Each level halves height and width (rounded up) and doubles the channels; the way up sees what the way
    down saw at the same size.  In the middle, where cells are few, they attend to each other and to the
    tokens of the caption.
    """

    def __init__(
        self, channels: int, *, d_condition: int, d_model: int, n_levels: int = 3, n_blocks: int = 1
    ) -> None:
        """``d_model``, a multiple of 16, is the channels at full size; ``n_blocks`` are those of a level."""
        super().__init__()
        widths = [d_model * 2**level for level in range(n_levels)]
        d_steering, middle = 2 * d_model, widths[-1]
        self.steering = Steering(d_condition, d_steering)
        self.stem = convolution(channels, d_model)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        width = d_model
        for level_width in widths:
            self.down.append(_level([width, *[level_width] * n_blocks], d_steering))
            self.up.insert(0, _level([2 * level_width, *[level_width] * n_blocks], d_steering))
            width = level_width
        self.wider = nn.ModuleList(convolution(w, w // 2, 1) for w in reversed(widths[1:]))
        self.to_middle = nn.Linear(d_steering, middle)
        self.middle = SteeredBlock(middle, middle // D_HEAD, 2 * middle, d_condition)
        self.norm = nn.GroupNorm(d_model // CHANNELS_IN_GROUP, d_model)
        self.head = convolution(d_model, channels, zero=True)

    def forward(
        self,
        images: Float[Tensor, "batch channels height width"],
        times: Float[Tensor, " batch"],
        condition: Conditioning,
    ) -> Float[Tensor, "batch channels height width"]:
        steering = self.steering(times, condition.vector)
        x, seen = self.stem(images), []
        for number, level in enumerate(self.down):
            x = F.avg_pool2d(x, 2, ceil_mode=True) if number else x
            x = _through(level, x, steering)
            seen.append(x)
        cells = self.middle(x.flatten(2).transpose(1, 2), self.to_middle(steering), condition)
        x = cells.transpose(1, 2).reshape(x.shape)
        for number, level in enumerate(self.up):
            across = seen.pop()
            if number:
                x = F.interpolate(self.wider[number - 1](x), across.shape[2:], mode="nearest")
            x = _through(level, torch.cat((x, across), 1), steering)
        drawn: Tensor = self.head(F.silu(self.norm(x)))
        return drawn


def _level(widths: list[int], d_steering: int) -> nn.ModuleList:
    return nn.ModuleList(SteeredResidual(a, b, d_steering) for a, b in itertools.pairwise(widths))


def _through(level: nn.Module, x: Tensor, steering: Tensor) -> Tensor:
    for block in level.children():
        x = block(x, steering)
    return x
