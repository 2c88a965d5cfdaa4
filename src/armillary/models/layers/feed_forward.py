"""The part of a Transformer block that works on each position by itself."""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from armillary.models.layers.dropout import dropout
from armillary.models.layers.initial import Linear

Activation = Literal["swiglu", "gelu", "relu"]


class FeedForward(nn.Module):
    """Two linear maps with a nonlinearity between them.

        relu    W2 max(0, W1 x)              Vaswani et al. 2017, eq. 2
        gelu    W2 gelu(W1 x)                Hendrycks & Gimpel 2016
        swiglu  W2 (silu(W1 x) * (V x))      Shazeer 2020, eq. 6; W1 and V in one product

    where silu(z) = z sigmoid(z).
    """

    def __init__(
        self,
        d_model: int,
        d_ff: int,
        *,
        activation: Activation = "swiglu",
        bias: bool = False,
        dropout: float = 0.0,
        n_branches: int = 1,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.dropout = dropout
        self.up = Linear(d_model, 2 * d_ff if activation == "swiglu" else d_ff, bias=bias)
        self.down = Linear(d_ff, d_model, bias=bias, n_branches=n_branches)

    def forward(self, x: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch d_model"]:
        out: Tensor = self.down(dropout(self._hidden(self.up(x)), self.dropout, self.training))
        return out

    def _hidden(self, h: Tensor) -> Tensor:
        if self.activation == "swiglu":
            gate, value = h.chunk(2, -1)
            return F.silu(gate) * value
        return F.gelu(h) if self.activation == "gelu" else F.relu(h)
