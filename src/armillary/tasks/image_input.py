"""What may be handed in as an image, and how it becomes one that a model reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from armillary.core.errors import DataError
from armillary.data.pictures import Picture, Shape, opened, readable, shape_of, to_pixels

Pixels = UInt8[np.ndarray, "_ _ _"]  # height, width, channels

MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's names, by the number of channels


def shape_of_pixels(pixels: Pixels) -> Shape:
    """Return the shape of an image as sources yield it, grey (one channel) or colour."""
    height, width, channels = pixels.shape
    return Shape(width, height, grey=channels == 1)


def fitted(pixels: Pixels, shape: Shape) -> Pixels:
    """Return an image as sources yield it, prepared as in training if it is not of ``shape`` already."""
    return pixels if shape_of_pixels(pixels) == shape else to_pixels(_from_array(pixels), shape)


def read(item: Any, shape: Shape) -> tuple[Pixels, Shape]:
    """Return (pixels of ``shape``, the shape that the image had).

    ``item`` is the path of a file, a Pillow image, or an array of bytes: (height, width), or (height,
    width, channels) with 1, 3 or 4 channels.  DataError for anything that is no whole image.
    """
    if isinstance(item, str | Path):
        with opened(Picture(str(item), Path(item))) as image:
            return to_pixels(image, shape), shape_of(image)
    if isinstance(item, np.ndarray):
        item = _from_array(item)
    if not isinstance(item, Image.Image):
        raise DataError(f"an image is a path, a Pillow image or an array, not {type(item).__name__}")
    with readable("the image"):
        return to_pixels(item, shape), shape_of(item)


def _from_array(pixels: np.ndarray) -> Image.Image:
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or channels not in MODES or not pixels.size:
        raise DataError(
            "an image array is uint8 of (height, width) or (height, width, 1, 3 or 4 channels), "
            f"got {pixels.dtype} of {pixels.shape}"
        )
    return Image.fromarray(pixels.reshape(pixels.shape[:2]) if channels == 1 else pixels)
