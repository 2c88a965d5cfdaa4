"""The convolutional network of the textbooks: convolve, pool, twice; then two fully connected layers.

The design is LeNet's (LeCun et al. 1998) with ReLU and max pooling (Krizhevsky et al. 2012).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from armillary.core.errors import ConfigError
from armillary.models.base import MODELS, ModelConfig
from armillary.models.layers.dropout import dropout
from armillary.models.sizing import member_at_size


@MODELS.register("classic-cnn")
@dataclass(frozen=True, kw_only=True)
class ClassicCNNConfig(ModelConfig):
    """Two 3x3 convolutions of 32 and 64 channels, each with ReLU and 2x2 max pooling; 128 hidden units."""

    kind: ClassVar[str] = "classic-cnn"
    supports: ClassVar[frozenset[tuple[str, str]]] = frozenset({("image", "class")})
    every_size: ClassVar[bool] = False  # one hidden unit sees the whole pooled image: that is the step
    first_channels: int = 32
    second_channels: int = 64
    d_hidden: int = 128
    dropout: float = 0.0  # of the hidden units, in training

    def build(self) -> nn.Module:
        signature = self.check_signature()
        if min(signature.height, signature.width) < 4:
            raise ConfigError(
                f"classic-cnn halves an image twice, so it takes 4 x 4 pixels or more, "
                f"not {signature.height} x {signature.width}"
            )
        return ClassicCNN(self)

    def at_size(self, n_params: float) -> Self:
        """Return the network with all widths changed alike, then the hidden units alone."""
        return member_at_size(n_params, self.with_width, type(self).stretched, widths=range(1, 20_000))

    def with_width(self, unit: int) -> Self:
        """Return the network with ``unit`` and twice as many channels, 4 ``unit`` hidden units."""
        return self.replace(first_channels=unit, second_channels=2 * unit, d_hidden=4 * unit)

    def stretched(self, factor: float) -> Self:
        """Return the network with ``factor`` times as many hidden units."""
        return self.replace(d_hidden=max(1, round(factor * self.d_hidden)))


class ClassicCNN(nn.Module):
    """The network itself, with torch's own fresh weights."""

    def __init__(self, config: ClassicCNNConfig) -> None:
        super().__init__()
        c, signature = config, config.signature
        self.dropout = c.dropout
        self.first = nn.Conv2d(signature.channels, c.first_channels, kernel_size=3, padding=1)
        self.second = nn.Conv2d(c.first_channels, c.second_channels, kernel_size=3, padding=1)
        pooled = (signature.height // 4) * (signature.width // 4)
        self.hidden = nn.Linear(c.second_channels * pooled, c.d_hidden)
        self.head = nn.Linear(c.d_hidden, signature.n_classes)

    def forward(
        self,
        images: Float[Tensor, "batch channels height width"],
        lengths: None = None,  # noqa: ARG002
    ) -> Float[Tensor, "batch n_classes"]:
        x = F.max_pool2d(F.relu(self.first(images)), 2)
        x = F.max_pool2d(F.relu(self.second(x)), 2)
        x = dropout(F.relu(self.hidden(x.flatten(1))), self.dropout, self.training)
        logits: Tensor = self.head(x)
        return logits
