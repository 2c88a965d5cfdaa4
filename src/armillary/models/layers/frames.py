"""The entry of a model that hears: frames of a recording, and fewer steps that know their neighbours."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.layers.initial import he_normal_
from armillary.models.layers.padding import real_positions

Lengths = Int[Tensor, " batch"]


class FrameReader(nn.Module):
    """Two convolutions over three frames each, the second every ``stride`` frames (Radford et al. 2022).

    What lies behind a recording's last frame is zero for both: a row reads alike alone and in a batch.
    """

    def __init__(self, n_mels: int, d_model: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.first = nn.Conv1d(n_mels, d_model, 3, padding=1)
        self.second = nn.Conv1d(d_model, d_model, 3, stride=stride, padding=1)
        for convolution in (self.first, self.second):
            he_normal_(convolution.weight)
            nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]

    def forward(
        self, frames: Float[Tensor, "batch frames mels"], lengths: Lengths | None
    ) -> tuple[Float[Tensor, "batch steps d_model"], Lengths | None]:
        """Return (a vector for each step, how many steps of each row are real)."""
        real = real_positions(lengths, frames.shape[1])
        padding = None if real is None else ~real[:, None]
        x = frames.mT
        x = F.gelu(self.first(x if padding is None else x.masked_fill(padding, 0.0)))
        x = F.gelu(self.second(x if padding is None else x.masked_fill(padding, 0.0))).mT
        return x, None if lengths is None else n_steps(lengths, self.stride)


def n_steps(n_frames: Lengths, stride: int) -> Lengths:
    """Return how many steps ``FrameReader`` makes of so many frames: one for each ``stride`` begun."""
    return (n_frames + stride - 1) // stride
