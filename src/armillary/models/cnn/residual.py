"""A residual network for images of any size (He et al. 2016)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from armillary.models.layers.dropout import dropout
from armillary.models.layers.initial import Readout, he_normal_
from armillary.models.signature import Signature

LARGEST_FIRST_STAGE = 64  # pixels; a larger image is shrunk by the stem, as 224 to 56 in He et al.
SMALLEST_LAST_STAGE = 7  # pixels on the shorter side, as theirs
MIN_STAGES, MAX_STAGES = 2, 4


def stem_stride(height: int, width: int) -> int:
    """Return the power of two by which the stem shrinks an image: 1 up to 64 pixels, 4 for 224."""
    return int(2 ** max(0, math.ceil(math.log2(max(height, width) / LARGEST_FIRST_STAGE))))


def n_stages(height: int, width: int) -> int:
    """Return how many stages, each half as high and wide as the one before, an image has room for."""
    side = min(height, width) // stem_stride(height, width)
    halvings = int(math.log2(max(1.0, side / SMALLEST_LAST_STAGE)))
    return max(MIN_STAGES, min(MAX_STAGES, 1 + halvings))


class NormedConvolution(nn.Sequential):
    """A convolution that keeps the size (for stride 1), then batch norm (Ioffe & Szegedy 2015)."""

    def __init__(
        self, n_in: int, n_out: int, *, kernel_size: int = 3, stride: int = 1, gain: float = 1.0
    ) -> None:
        convolution = nn.Conv2d(n_in, n_out, kernel_size, stride, kernel_size // 2, bias=False)
        norm = nn.BatchNorm2d(n_out)
        he_normal_(convolution.weight)
        nn.init.constant_(norm.weight, gain)
        super().__init__(convolution, norm)


class ResidualBlock(nn.Module):
    """relu(shortcut(x) + norm(conv(relu(norm(conv(x)))))), the shortcut a projection where shapes change.

    The last norm starts with gain 1 / sqrt(n_branches), so that the sum over all branches keeps its scale
    (Goyal et al. 2017 start it at 0).
    """

    def __init__(self, n_in: int, n_hidden: int, n_out: int, stride: int, n_branches: int) -> None:
        super().__init__()
        self.first = NormedConvolution(n_in, n_hidden, stride=stride)
        self.second = NormedConvolution(n_hidden, n_out, gain=n_branches**-0.5)
        same = n_in == n_out and stride == 1
        self.shortcut = (
            nn.Identity() if same else NormedConvolution(n_in, n_out, kernel_size=1, stride=stride)
        )

    def forward(self, x: Float[Tensor, "batch n_in height width"]) -> Float[Tensor, "batch n_out h w"]:
        return F.relu(self.shortcut(x) + self.second(F.relu(self.first(x))))


class ResNet(nn.Module):
    """A stem, stages of residual blocks, the mean over the last image, a linear classifier.

    Each stage has half the height and width of the one before and twice its channels, so that all cost
    about the same.  Memory is laid out with the channels last, where convolutions are faster on a CPU.
    """

    def __init__(
        self, signature: Signature, *, d_model: int, n_layers: int, expansion: float, dropout: float
    ) -> None:
        super().__init__()
        self.dropout = dropout
        size = signature.height, signature.width
        stride, stages = stem_stride(*size), n_stages(*size)
        self.stem = NormedConvolution(
            signature.channels, d_model, kernel_size=max(3, 2 * stride - 1), stride=stride
        )
        blocks, width = [], d_model
        for stage in range(stages):
            n_out = d_model * 2**stage
            n_hidden = max(1, round(expansion * n_out))
            for i in range(n_layers):
                first_of_later = stage > 0 and i == 0
                blocks.append(
                    ResidualBlock(width, n_hidden, n_out, 2 if first_of_later else 1, stages * n_layers)
                )
                width = n_out
        self.blocks = nn.Sequential(*blocks)
        self.head = Readout(width, signature.n_classes)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(
        self,
        images: Float[Tensor, "batch channels height width"],
        lengths: None = None,  # noqa: ARG002
    ) -> Float[Tensor, "batch n_classes"]:
        x = F.relu(self.stem(images.contiguous(memory_format=torch.channels_last)))
        features = self.blocks(x).mean((2, 3))
        logits: Tensor = self.head(dropout(features, self.dropout, self.training))
        return logits
