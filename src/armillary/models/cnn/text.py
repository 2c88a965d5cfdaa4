"""TextCNN: filters of several widths slide over a text, and each reports its strongest match (Kim 2014)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from armillary.models.layers.dropout import dropout
from armillary.models.layers.embedding import TokenEmbedding
from armillary.models.layers.initial import Readout, he_normal_
from armillary.models.layers.padding import real_positions
from armillary.models.signature import Signature


class TextCNN(nn.Module):
    """max over positions t of relu(W_k x_{t ... t+k-1} + b_k), for each width k, all classified together."""

    def __init__(
        self, signature: Signature, *, d_model: int, n_filters: int, widths: Sequence[int], dropout: float
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.embedding = TokenEmbedding(signature.vocab_size, d_model)
        self.widths = widths
        self.filters = nn.ModuleList(filters(d_model, n_filters, width) for width in widths)
        self.head = Readout(len(widths) * n_filters, signature.n_classes)

    def forward(
        self, tokens: Int[Tensor, "batch seq"], lengths: Int[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch n_classes"]:
        real = real_positions(lengths, tokens.shape[1])
        x = self.embedding(tokens)
        if real is not None:
            x = x * real[:, :, None]
        x = x.transpose(1, 2)
        found = torch.cat([self._strongest(i, x, real) for i in range(len(self.widths))], 1)
        logits: Tensor = self.head(dropout(found, self.dropout, self.training))
        return logits

    def _strongest(
        self, i: int, x: Float[Tensor, "batch d_model seq"], real: Bool[Tensor, "batch seq"] | None
    ) -> Float[Tensor, "batch n_filters"]:
        """Return the largest response of each filter of the i-th width where its middle is on a real token.

        Zeros stand before and after every text, so that one shorter than the filter has a response too.
        """
        width = self.widths[i]
        responses = F.relu(self.filters[i](F.pad(x, ((width - 1) // 2, width // 2))))
        if real is not None:
            responses = responses * real[:, None]  # none is below the zero that padding gets
        return responses.amax(2)


def filters(d_model: int, n_filters: int, width: int) -> nn.Conv1d:
    """Return filters that span ``width`` tokens."""
    layer = nn.Conv1d(d_model, n_filters, width)
    he_normal_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer
