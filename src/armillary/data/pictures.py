"""Image files of any kind and size as arrays of one size."""

from __future__ import annotations

import io
import statistics
import struct
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import ExifTags, Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from armillary.core.errors import DataError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm"})
LARGEST = 128  # pixels a side, when nobody says which size
GREY = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N"})  # Pillow's modes
SIXTEEN_BITS = frozenset({"I", "I;16", "I;16L", "I;16B", "I;16N"})
ON_THEIR_SIDE = (5, 6, 7, 8)  # values of EXIF's orientation that swap height and width

# What Pillow raises for files that are damaged, cut short, no image at all, or too large to be true.
UNREADABLE = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)

Colour = Literal["auto", "grey", "rgb"]


class Picture(NamedTuple):
    """An image file, in a folder or in memory, and the words for where it stands."""

    where: str
    file: Path | bytes


class Shape(NamedTuple):
    """Width and height in pixels, as an image is shown, and whether it is grey."""

    width: int
    height: int
    grey: bool

    @property
    def channels(self) -> int:
        return 1 if self.grey else 3

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {'grey' if self.grey else 'colour'}"


def read_pictures(
    pictures: Sequence[Picture], size: int | None = None, colour: Colour = "auto"
) -> tuple[list[UInt8[np.ndarray, "height width channels"]], int]:
    """Return the pixels of all pictures at one size and depth, and how many had to be resized.

    Without ``size``, pictures that are all alike and at most ``LARGEST`` pixels a side keep their size;
    others become squares with the median of their shorter sides, at most ``LARGEST``.  A picture is
    scaled and cropped about its centre, never stretched.  ``auto`` is grey when all pictures are.

    Raises DataError, naming the picture, when one cannot be read whole.  Pillow's bound of about 89
    million pixels holds.
    """
    shapes = [_header(picture) for picture in pictures]
    sides = _common_sides([(shape.width, shape.height) for shape in shapes], size)
    grey = colour == "grey" or (colour == "auto" and all(shape.grey for shape in shapes))
    pixels = [_pixels(picture, Shape(*sides, grey)) for picture in pictures]
    return pixels, sum((shape.width, shape.height) != sides for shape in shapes)


def _common_sides(sides: Sequence[tuple[int, int]], size: int | None) -> tuple[int, int]:
    if size is not None:
        return size, size
    ((common, _),) = Counter(sides).most_common(1)
    if len(set(sides)) == 1 and max(common) <= LARGEST:
        return common
    side = min(LARGEST, round(statistics.median(min(pair) for pair in sides)))
    return side, side


@contextmanager
def opened(picture: Picture) -> Iterator[Image.Image]:
    """Open a picture; whatever Pillow raises until it is closed becomes a DataError that names it."""
    file = io.BytesIO(picture.file) if isinstance(picture.file, bytes) else picture.file
    with readable(picture.where), Image.open(file) as image:
        yield image


@contextmanager
def readable(where: str) -> Iterator[None]:
    """Make whatever Pillow raises for a damaged image a DataError that names it by ``where``."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)  # odd EXIF data; what cannot be read raises too
            yield
    except UNREADABLE as error:
        raise DataError(f"{where} cannot be read as an image: {error}") from error


def shape_of(image: Image.Image) -> Shape:
    """Return the shape that ``image`` has when it is upright, from its header alone."""
    width, height = image.size
    if image.getexif().get(ExifTags.Base.Orientation) in ON_THEIR_SIDE:
        width, height = height, width
    return Shape(width, height, image.mode in GREY)


def to_pixels(image: Image.Image, shape: Shape) -> UInt8[np.ndarray, "height width channels"]:
    """Return ``image`` upright, on white where it is transparent, scaled and cropped to ``shape``."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode in SIXTEEN_BITS:
        upright = Image.fromarray((np.asarray(upright).clip(0, 65535) // 257).astype(np.uint8))
    if upright.has_transparency_data:
        upright = _on_white(upright)
    upright = upright.convert("L" if shape.grey else "RGB")
    if upright.size != (shape.width, shape.height):
        upright = ImageOps.fit(upright, (shape.width, shape.height), Image.Resampling.LANCZOS)
    return np.atleast_3d(np.asarray(upright))


def png(pixels: UInt8[np.ndarray, "height width channels"], says: Mapping[str, str]) -> bytes:
    """Return an image as a PNG file, with texts by their keywords in it."""
    info = PngInfo()
    for keyword, text in says.items():
        info.add_itxt(keyword, text)
    grey = pixels.shape[2] == 1
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if grey else pixels).save(buffer, "PNG", pnginfo=info, optimize=True)
    return buffer.getvalue()


def grid(
    images: UInt8[np.ndarray, "n height width channels"], columns: int
) -> UInt8[np.ndarray, "rows across channels"]:
    """Return images row by row, ``columns`` in each, on white with a gap of one pixel."""
    spaced = np.pad(images, ((0, 0), (1, 0), (1, 0), (0, 0)), constant_values=255)
    rows = spaced.reshape(-1, columns, *spaced.shape[1:])
    n, _, height, width, channels = rows.shape
    whole = rows.transpose(0, 2, 1, 3, 4).reshape(n * height, columns * width, channels)
    return np.pad(whole, ((0, 1), (0, 1), (0, 0)), constant_values=255)


def _header(picture: Picture) -> Shape:
    with opened(picture) as image:
        return shape_of(image)


def _pixels(picture: Picture, shape: Shape) -> UInt8[np.ndarray, "height width channels"]:
    with opened(picture) as image:
        return to_pixels(image, shape)


def _on_white(image: Image.Image) -> Image.Image:
    """Return a picture with transparent places as it looks on paper."""
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image.convert("RGBA"))
