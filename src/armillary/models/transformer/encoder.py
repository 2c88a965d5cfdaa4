"""The encoder that reads a whole text at once (BERT: Devlin et al. 2019) and names its class."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.layers.attention import padding_mask
from armillary.models.layers.block import BlockConfig
from armillary.models.layers.embedding import TokenEmbedding
from armillary.models.layers.initial import Readout
from armillary.models.layers.padding import mean_over_real, real_positions
from armillary.models.layers.positions import PositionKind
from armillary.models.signature import Signature
from armillary.models.transformer.stack import Stack


class Encoder(nn.Module):
    """Every token looks at every real token; the mean over the real ones is classified."""

    def __init__(self, signature: Signature, block: BlockConfig, positions: PositionKind) -> None:
        super().__init__()
        self.embedding = TokenEmbedding(signature.vocab_size, block.d_model)
        self.stack = Stack(block, positions, torch.arange(signature.length)[:, None])
        self.head = Readout(block.d_model, signature.n_classes)

    def forward(
        self, tokens: Int[Tensor, "batch seq"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch n_classes"]:
        real = real_positions(lengths, tokens.shape[1])
        x = self.stack(self.embedding(tokens), padding_mask(real))
        logits: Tensor = self.head(mean_over_real(x, real))
        return logits
