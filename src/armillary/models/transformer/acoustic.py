"""A Transformer that hears: every step of a recording looks at every other."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.layers.attention import padding_mask
from armillary.models.layers.block import BlockConfig
from armillary.models.layers.frames import FrameReader
from armillary.models.layers.initial import Readout
from armillary.models.layers.padding import real_positions
from armillary.models.layers.positions import PositionKind
from armillary.models.signature import Signature
from armillary.models.transformer.stack import Stack


class AcousticTransformer(nn.Module):
    """Scores of each token, or nothing new, at each step of a recording."""

    def __init__(
        self, signature: Signature, block: BlockConfig, positions: PositionKind, stride: int
    ) -> None:
        super().__init__()
        self.reader = FrameReader(signature.n_mels, block.d_model, stride)
        self.stack = Stack(block, positions, torch.arange(-(-signature.length // stride))[:, None])
        self.head = Readout(block.d_model, signature.vocab_size)

    def forward(
        self, frames: Float[Tensor, "batch frames mels"], lengths: Int[Tensor, " batch"] | None = None
    ) -> tuple[Float[Tensor, "batch steps vocab_size"], Int[Tensor, " batch"] | None]:
        x, lengths = self.reader(frames, lengths)
        x = self.stack(x, padding_mask(real_positions(lengths, x.shape[1])))
        return self.head(x), lengths
