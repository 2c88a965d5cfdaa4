"""Several images for each of a few captions: to look at while a generator learns, and to see it collapse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from armillary.data.pictures import grid, png

Images = Float[Tensor, "_ channels height width"]  # sets may have different numbers of them


class Look(NamedTuple):
    """What is drawn for a caption, and real images of its label."""

    caption: str
    drawn: Images
    real: Images


def to_pixels(image: Float[Tensor, "channels height width"]) -> UInt8[np.ndarray, "height width channels"]:
    """Return an image of -1 to 1 as bytes."""
    return ((image.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()


def as_png(image: Float[Tensor, "channels height width"], caption: str, seed: int) -> bytes:
    """Return an image as a PNG file that says what was asked for and with which seed."""
    return png(to_pixels(image), {"prompt": caption, "seed": str(seed)})


def grid_png(by_caption: Mapping[str, Images], seed: int) -> bytes:
    """Return a PNG with a column for each caption; it says them, and the seed of its first image."""
    rows = torch.stack(list(by_caption.values()), 1).flatten(0, 1)
    pixels = grid(np.stack([to_pixels(image) for image in rows]), len(by_caption))
    return png(pixels, {"prompt": " | ".join(by_caption), "seed": str(seed)})


def variety(drawn: Sequence[Images], real: Sequence[Images]) -> float:
    """Return how much drawn images of one caption differ, as a share of how much real ones do.

    The mean distance of two images in pixels, over all pairs of a caption, then over captions.  0: each
    caption has one image, the generator has collapsed.  NaN where no caption has two real images.
    """
    pairs = [(_apart(ours), _apart(theirs)) for ours, theirs in zip(drawn, real, strict=True)]
    known = [(ours, theirs) for ours, theirs in pairs if theirs > 0]
    if not known:
        return float("nan")
    return float(sum(ours for ours, _ in known) / sum(theirs for _, theirs in known))


def _apart(images: Images) -> float:
    """Return the mean Euclidean distance of two different images; 0 where there is but one."""
    n, flat = len(images), images.flatten(1).double()
    return float(torch.cdist(flat, flat).sum()) / max(1, n * (n - 1))
