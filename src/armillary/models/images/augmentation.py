"""Differentiable augmentation (Zhao et al. 2020): what the discriminator sees is varied, real and generated.

With few images a discriminator learns them by heart; varying both kinds alike keeps the generator from
learning the variations.  Every operation passes gradients to the image.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Images = Float[Tensor, "batch channels height width"]

SHIFT = 1 / 8  # of a side, the furthest that an image is moved
HOLE = 1 / 2  # of a side, of the square that is blanked


def augmented(images: Images) -> Images:
    """Return a random variation of each image: colour, place and a hole, drawn from torch's generator."""
    return with_hole(shifted(recoloured(images)))


def recoloured(images: Images) -> Images:
    """Return images with brightness changed by up to 0.5, saturation up to 2 and contrast 0.5 to 1.5 fold.

    As the reference has them for values from -1 to 1.  A grey image has no saturation to change.
    """
    brightness, saturation, contrast = images.new_empty(3, len(images), 1, 1, 1).uniform_().unbind()
    x = images + (brightness - 0.5)
    x = torch.lerp(x.mean(1, keepdim=True), x, 2 * saturation)
    return torch.lerp(x.mean((1, 2, 3), keepdim=True), x, contrast + 0.5)


def shifted(images: Images) -> Images:
    """Return images moved by up to an eighth of a side each way, zeros moving in."""
    height, width = images.shape[2:]
    down, right = round(SHIFT * height), round(SHIFT * width)
    padded = F.pad(images, (right, right, down, down))
    rows = _starts(images, 2 * down + 1) + torch.arange(height, device=images.device)
    columns = _starts(images, 2 * right + 1) + torch.arange(width, device=images.device)
    every = torch.arange(len(images), device=images.device)[:, None, None]
    moved: Tensor = padded.movedim(1, 3)[every, rows[:, :, None], columns[:, None, :]]
    return moved.movedim(3, 1)


def with_hole(images: Images) -> Images:
    """Return images with a square of half the sides set to zero, its centre anywhere."""
    height, width = images.shape[2:]
    down, across = _inside(images, height)[:, None, :, None], _inside(images, width)[:, None, None, :]
    return images.masked_fill(down & across, 0.0)


def _inside(images: Images, size: int) -> Tensor:
    """Return (batch, size): which places lie in an interval of ``HOLE`` of them about a random centre."""
    side = round(HOLE * size)
    starts = _starts(images, size) - side // 2
    places = torch.arange(size, device=images.device)
    return (places >= starts) & (places < starts + side)


def _starts(images: Images, n: int) -> Tensor:
    return torch.randint(n, (len(images), 1), device=images.device)
