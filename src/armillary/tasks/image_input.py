"""What may be handed in as an image, and how it becomes one of the size that a model reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from armillary.core.errors import DataError

MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's names, by the number of channels


class ImageShape(NamedTuple):
    """Channels (1 grey, 3 colour), and height and width in pixels."""

    channels: int
    height: int
    width: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {'grey' if self.channels == 1 else 'colour'}"


def shape_of(pixels: UInt8[np.ndarray, "height width channels"]) -> ImageShape:
    """Return the shape of an image as sources yield it."""
    height, width, channels = pixels.shape
    return ImageShape(channels, height, width)


def pixels_of(item: Any) -> UInt8[np.ndarray, "height width channels"]:
    """Return the pixels, grey or colour, of a file's path, a Pillow image or an array.

    An array is (height, width) or (height, width, channels) of bytes.  Transparency is dropped, and a
    photograph turned the way its camera was held.  DataError for anything that is no whole image.
    """
    image = _opened(item)
    grey = image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith("I;16")
    return _array(_eight_bits(image).convert("L" if grey else "RGB"))


def fit(
    pixels: UInt8[np.ndarray, "height width channels"], shape: ImageShape
) -> UInt8[np.ndarray, "height width channels"]:
    """Return the image converted to the channels of ``shape`` and resized, its sides each on its own."""
    if shape_of(pixels) == shape:
        return pixels
    image = _image(pixels).convert(MODES[shape.channels])
    return _array(image.resize((shape.width, shape.height), Image.Resampling.LANCZOS))


def _opened(item: Any) -> Image.Image:
    if isinstance(item, Image.Image):
        return item
    if isinstance(item, np.ndarray):
        return _image(item)
    if not isinstance(item, str | Path):
        raise DataError(f"an image is a path, a Pillow image or an array, not {type(item).__name__}")
    try:
        with Image.open(item) as image:
            image.load()
            return ImageOps.exif_transpose(image)
    except FileNotFoundError as error:
        raise DataError(f"there is no file {item}") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{item} is no image that can be read") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"the image {item} cannot be read: {error}") from error


def _image(pixels: np.ndarray) -> Image.Image:
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or channels not in MODES or not pixels.size:
        raise DataError(
            f"an image array is uint8 of (height, width) or (height, width, 1, 3 or 4 channels), "
            f"got {pixels.dtype} of {pixels.shape}"
        )
    return Image.fromarray(pixels.reshape(pixels.shape[:2]) if channels == 1 else pixels, MODES[channels])


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return an image of more than 8 bits a pixel with its 16-bit range brought to 8; others as they are."""
    if image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
        return image
    values = np.asarray(image, dtype=np.float64) / 257
    return Image.fromarray(values.round().clip(0, 255).astype(np.uint8))


def _array(image: Image.Image) -> UInt8[np.ndarray, "height width channels"]:
    pixels = np.array(image)
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
