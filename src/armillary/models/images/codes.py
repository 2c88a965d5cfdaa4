"""An image as a short text: an autoencoder whose middle is a few cells, each one of a finite set of codes.

Finite scalar quantization (Mentzer et al. 2023, "Finite scalar quantization: VQ-VAE made simple"): a cell is
a handful of numbers, each held within bounds and rounded to one of a few levels; its code numbers the
combination.  There is no table of codes to learn, hence none that can fall out of use.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.core.errors import ConfigError
from armillary.models.images.adversaries import Residual, convolution

Images = Float[Tensor, "batch channels height width"]

LEVELS = (8, 5, 5, 5)  # 1000 codes (Mentzer et al. 2023, table 1)
SHRUNK = 4  # pixels on each side of a cell
SMALLEST, LARGEST = 8, 64  # pixels a side of an image


class FiniteScalars(nn.Module):
    """Vectors of one number for each of ``levels``, rounded to a grid; and the grid's points, numbered.

    A number x with L levels lies at (tanh(x) + 1) (L - 1) / 2 between 0 and L - 1 and is rounded to the
    nearest index; indices stand for values evenly spread over [-1, 1].  This is Mentzer et al.'s bound and
    rounding, but symmetric for even L as well (Parker et al. 2024, "Scaling Transformers for low-bitrate
    high-quality speech coding").  The first number's index is the least significant digit of the code.
    """

    levels: Tensor
    weights: Tensor  # of the digits of a code

    def __init__(self, levels: tuple[int, ...] = LEVELS) -> None:
        """Raises ConfigError without levels, or for fewer than 2 of a number."""
        super().__init__()
        if not levels or min(levels) < 2:
            raise ConfigError(f"levels are 2 or more for each of one or more numbers, got {levels}")
        self.n_codes = math.prod(levels)
        weights = [math.prod(levels[:digit]) for digit in range(len(levels))]
        self.register_buffer("levels", torch.tensor(levels), persistent=False)
        self.register_buffer("weights", torch.tensor(weights), persistent=False)

    def forward(
        self, x: Float[Tensor, "*cells scalars"]
    ) -> tuple[Float[Tensor, "*cells scalars"], Int[Tensor, "*cells"]]:
        """Return (values of the nearest points of the grid, their codes).

        The gradient passes the rounding as if it were not there (straight-through: Bengio et al. 2013).
        """
        places = (x.tanh() + 1) / 2 * (self.levels - 1)
        indices = places.round()
        straight = places + (indices - places).detach()
        return self.values(straight), self.codes_of(indices.long())

    def values(self, indices: Tensor) -> Float[Tensor, "*cells scalars"]:
        """Return what ``indices`` from 0 stand for, between -1 and 1."""
        return indices * 2 / (self.levels - 1) - 1

    def codes_of(self, indices: Int[Tensor, "*cells scalars"]) -> Int[Tensor, "*cells"]:
        """Return the number, below ``n_codes``, of each combination of level indices."""
        return (indices * self.weights).sum(-1)

    def indices_of(self, codes: Int[Tensor, "*cells"]) -> Int[Tensor, "*cells scalars"]:
        """Return the level indices that ``codes_of`` numbers so."""
        return codes[..., None] // self.weights % self.levels


class ImageCodes(nn.Module):
    """A convolutional autoencoder of images in [-1, 1] through one code for each 4x4 pixels.

    Space is folded into channels twice by 2, and unfolded on the way back, with residual convolutions at
    each size: nothing is thrown away but at the codes.
    """

    def __init__(
        self,
        channels: int,
        height: int,
        width: int,
        *,
        d_model: int = 32,
        n_blocks: int = 2,
        levels: tuple[int, ...] = LEVELS,
    ) -> None:
        """``d_model``, a multiple of 8, is the channels at half size; each size has ``n_blocks``.

        Raises ConfigError for sides that are not a multiple of 4 from 8 to 64.
        """
        super().__init__()
        if any(side % SHRUNK or not SMALLEST <= side <= LARGEST for side in (height, width)):
            raise ConfigError(
                f"images drawn code by code have sides of {SMALLEST} to {LARGEST} pixels, "
                f"a multiple of {SHRUNK}, got {height}x{width}; resize or pad them"
            )
        self.rows, self.columns = height // SHRUNK, width // SHRUNK
        self.quantizer = FiniteScalars(levels)
        n_fine, n_coarse = 4 * channels, 4 * d_model
        wide = 2 * d_model
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(2),
            convolution(n_fine, d_model, 3),
            *_residuals(d_model, n_blocks),
            nn.PixelUnshuffle(2),
            convolution(n_coarse, wide, 1),
            *_residuals(wide, n_blocks),
            convolution(wide, len(levels), 1),
        )
        self.decoder = nn.Sequential(
            convolution(len(levels), wide, 3),
            *_residuals(wide, n_blocks),
            convolution(wide, n_coarse, 1),
            nn.PixelShuffle(2),
            *_residuals(d_model, n_blocks),
            convolution(d_model, n_fine, 3),
            nn.PixelShuffle(2),
        )

    @property
    def n_codes(self) -> int:
        """How many codes a cell may have."""
        return self.quantizer.n_codes

    @property
    def n_cells(self) -> int:
        """How many codes an image is, row by row."""
        return self.rows * self.columns

    def forward(self, images: Images) -> tuple[Images, Int[Tensor, "batch cells"]]:
        """Return (reconstruction, codes); what is learnt from may leave [-1, 1], where it has a gradient."""
        values, codes = self._quantized(images)
        return self._drawn(values), codes

    def encode(self, images: Images) -> Int[Tensor, "batch cells"]:
        """Return the codes of images, row by row."""
        return self._quantized(images)[1]

    def decode(self, codes: Int[Tensor, "batch cells"]) -> Images:
        """Return the images of codes, in [-1, 1]."""
        indices = self.quantizer.indices_of(codes)
        return self._drawn(self.quantizer.values(indices)).clamp(-1, 1)

    def _quantized(self, images: Images) -> tuple[Tensor, Tensor]:
        values, codes = self.quantizer(self.encoder(images).flatten(2).mT)
        return values, codes

    def _drawn(self, values: Float[Tensor, "batch cells scalars"]) -> Images:
        images: Tensor = self.decoder(values.mT.unflatten(2, (self.rows, self.columns)))
        return images


def reconstruction_loss(reconstructed: Images, images: Images) -> Float[Tensor, ""]:
    """Return the mean squared error plus the mean absolute error, per number of an image.

    Where the codes leave a pixel in doubt, the square alone is least at the mean of what it may be, which
    blurs edges, and the absolute error at the median, which is one side of them; the square weighs the few
    pixels that are far off, and its gradient vanishes where the absolute error's would keep jumping.
    """
    return F.mse_loss(reconstructed, images) + F.l1_loss(reconstructed, images)


def _residuals(width: int, n_blocks: int) -> list[Residual]:
    """Return the blocks of one size, scaled for those of the encoder or decoder at both sizes."""
    return [Residual(width, 2 * n_blocks) for _ in range(n_blocks)]
