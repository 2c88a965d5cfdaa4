"""The encoder that reads a whole text at once (BERT: Devlin et al. 2019) and names its class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.layers.attention import padding_mask
from armillary.models.layers.embedding import TokenEmbedding
from armillary.models.layers.initial import Readout
from armillary.models.layers.padding import mean_over_real, real_positions
from armillary.models.transformer.stack import Stack

if TYPE_CHECKING:
    from armillary.models.transformer.config import TransformerConfig


class Encoder(nn.Module):
    """Every token looks at every real token; the mean over the real ones is classified."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        signature = config.signature
        self.embedding = TokenEmbedding(signature.vocab_size, config.d_model)
        self.stack = Stack(config, torch.arange(signature.length)[:, None])
        self.head = Readout(config.d_model, signature.n_classes)

    def forward(
        self, tokens: Int[Tensor, "batch seq"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch n_classes"]:
        real = real_positions(lengths, tokens.shape[1])
        x = self.stack(self.embedding(tokens), padding_mask(real))
        logits: Tensor = self.head(mean_over_real(x, real))
        return logits
