"""A convolutional network that hears: what was said up to half a second before and after each step.

Blocks of a convolution in time that keeps channels apart and a map that mixes them, as in time-depth
separable convolutions (Hannun et al. 2019) and QuartzNet (Kriman et al. 2020); their order and widths are
ConvNeXt's (Liu et al. 2022).
"""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from armillary.models.layers.dropout import dropout
from armillary.models.layers.frames import FrameReader
from armillary.models.layers.initial import Linear, Readout, normal_
from armillary.models.layers.padding import real_positions
from armillary.models.signature import Signature

TAPS = 11  # steps that a convolution sees


class TimeBlock(nn.Module):
    """x + W_out gelu(W_in norm(convolution(x))), the convolution over each channel alone."""

    def __init__(self, d_model: int, d_hidden: int, dropout: float, n_branches: int) -> None:
        super().__init__()
        self.dropout = dropout
        self.convolution = nn.Conv1d(d_model, d_model, TAPS, padding=TAPS // 2, groups=d_model)
        normal_(self.convolution.weight, std=TAPS**-0.5)
        nn.init.zeros_(self.convolution.bias)  # type: ignore[arg-type]
        self.norm = nn.LayerNorm(d_model)
        self.to_hidden = Linear(d_model, d_hidden, bias=True)
        self.out = Linear(d_hidden, d_model, n_branches=n_branches)

    def forward(
        self, x: Float[Tensor, "batch steps d_model"], real: Bool[Tensor, "batch steps"] | None
    ) -> Float[Tensor, "batch steps d_model"]:
        """Steps that are not ``real`` are zero to the convolution, as those beyond the ends are."""
        seen = x if real is None else x.masked_fill(~real[..., None], 0.0)
        h = F.gelu(self.to_hidden(self.norm(self.convolution(seen.mT).mT)))
        return x + dropout(self.out(h), self.dropout, self.training)


class AcousticCNN(nn.Module):
    """Scores of each token, or nothing new, at each step of a recording."""

    def __init__(
        self, signature: Signature, *, d_model: int, n_layers: int, d_hidden: int, dropout: float, stride: int
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.reader = FrameReader(signature.n_mels, d_model, stride)
        self.blocks = nn.ModuleList(
            TimeBlock(d_model, d_hidden, dropout, n_branches=n_layers) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(d_model)
        self.head = Readout(d_model, signature.vocab_size)

    def forward(
        self, frames: Float[Tensor, "batch frames mels"], lengths: Int[Tensor, " batch"] | None = None
    ) -> tuple[Float[Tensor, "batch steps vocab_size"], Int[Tensor, " batch"] | None]:
        x, lengths = self.reader(frames, lengths)
        real = real_positions(lengths, x.shape[1])
        x = dropout(x, self.dropout, self.training)
        for block in self.blocks:
            x = block(x, real)
        return self.head(self.norm(x)), lengths
