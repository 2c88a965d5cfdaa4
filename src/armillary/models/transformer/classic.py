"""The Transformer as it was first published (Vaswani et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from torch import nn

from armillary.core.errors import ConfigError
from armillary.models.base import MODELS, ModelConfig
from armillary.models.layers.block import BlockConfig
from armillary.models.sizing import member_at_size
from armillary.models.transformer.encoder_decoder import EncoderDecoder


@MODELS.register("classic-transformer")
@dataclass(frozen=True, kw_only=True)
class ClassicTransformerConfig(ModelConfig):
    """Encoder and decoder of the paper: norm after each part, sinusoidal positions, ReLU, tied embeddings."""

    kind: ClassVar[str] = "classic-transformer"
    supports: ClassVar[frozenset[tuple[str, str]]] = frozenset({("tokens", "tokens")})
    d_model: int = 512
    n_layers: int = 6  # of the encoder, and of the decoder
    n_heads: int = 8
    d_ff: int = 2048
    dropout: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.d_model % self.n_heads:
            raise ConfigError(f"d_model={self.d_model} does not divide into n_heads={self.n_heads}")

    def build(self) -> nn.Module:
        encoder = BlockConfig(
            d_model=self.d_model,
            n_heads=self.n_heads,
            d_ff=self.d_ff,
            n_layers=self.n_layers,
            norm="layer",
            norm_first=False,
            activation="relu",
            bias=True,
            dropout=self.dropout,
        )
        decoder = encoder.replace(causal=True, cross=True)
        return EncoderDecoder(self.check_signature(), encoder, decoder, "sinusoidal")

    def at_size(self, n_params: float) -> Self:
        """Return the member with ``n_params`` parameters, in the proportions of the paper."""
        return member_at_size(n_params, self.with_width, type(self).stretched)

    def with_width(self, d_model: int) -> Self:
        """Return the member of this width: heads 64 wide and a layer for each 85 channels, two at least."""
        n_heads = next(n for n in range(max(1, d_model // 64), 0, -1) if d_model % n == 0)
        n_layers = max(2, round(d_model * 6 / 512))
        return self.replace(d_model=d_model, n_layers=n_layers, n_heads=n_heads, d_ff=4 * d_model)

    def stretched(self, factor: float) -> Self:
        """Return this shape with a feed-forward part ``factor`` times as wide as the paper's."""
        return self.replace(d_ff=max(1, round(factor * 4 * self.d_model)))
