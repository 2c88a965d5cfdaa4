"""The vision Transformer: an image is a text of patches (Dosovitskiy et al. 2021)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from armillary.models.layers.block import BlockConfig
from armillary.models.layers.initial import Linear, Readout
from armillary.models.layers.positions import PositionKind, grid
from armillary.models.signature import Signature
from armillary.models.transformer.stack import Stack


def patch_side(height: int, width: int) -> int:
    """Return a power of two near the square root of the shorter side.

    Patches and their number grow together: 2 pixels for digits of 8, 4 for 28 and 32, 8 for 64, and
    for 224 the 16 of Dosovitskiy et al.
    """
    return int(2 ** math.ceil(math.log2(min(height, width)) / 2 - 0.5))


class VisionTransformer(nn.Module):
    """Patches, linearly mapped, through an encoder; their mean, or a token of its own, is classified.

    The mean is the simpler and no worse choice (Beyer et al. 2022, "Better plain ViT baselines").
    """

    def __init__(
        self,
        signature: Signature,
        block: BlockConfig,
        positions: PositionKind,
        patch_size: int | None = None,
        class_token: bool = False,
    ) -> None:
        super().__init__()
        side = self.side = patch_size or patch_side(signature.height, signature.width)
        self.patches = Linear(signature.channels * side * side, block.d_model, bias=True)
        places = grid(math.ceil(signature.height / side), math.ceil(signature.width / side))
        self.class_token: nn.Parameter | None = None
        if class_token:
            self.class_token = nn.Parameter(torch.zeros(block.d_model))
            places = torch.cat((torch.zeros_like(places[:1]), places + 1))
        self.stack = Stack(block, positions, places)
        self.head = Readout(block.d_model, signature.n_classes)

    def forward(
        self,
        images: Float[Tensor, "batch channels height width"],
        lengths: None = None,  # noqa: ARG002
    ) -> Float[Tensor, "batch n_classes"]:
        x = self.patches(cut_into_patches(images, self.side))
        if self.class_token is not None:
            x = torch.cat((self.class_token.expand(len(x), 1, -1), x), 1)
        x = self.stack(x)
        logits: Tensor = self.head(x.mean(1) if self.class_token is None else x[:, 0])
        return logits


def cut_into_patches(
    images: Float[Tensor, "batch channels height width"], side: int
) -> Float[Tensor, "batch patches pixels"]:
    """Return square patches row by row, zeros added right and below where they do not fit.

    A linear map of them is a convolution with kernel and stride ``side``.
    """
    height, width = images.shape[2:]
    images = F.pad(images, (0, -width % side, 0, -height % side))
    rows = images.unflatten(3, (-1, side)).unflatten(2, (-1, side))  # batch, channels, row, y, column, x
    patches: Tensor = rows.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)
    return patches
