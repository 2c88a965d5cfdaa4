"""The body that all Transformers share: positions, blocks, a last norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from armillary.models.layers.attention import Memory
from armillary.models.layers.block import BlockConfig, TransformerBlock
from armillary.models.layers.cache import KeyValueCache
from armillary.models.layers.dropout import dropout
from armillary.models.layers.norms import make_norm
from armillary.models.layers.positions import Learnt, PositionKind, RelativeBias, Rotary, Sinusoidal


class Stack(nn.Module):
    """Blocks over vectors that stand at ``coordinates``: places in a text, or rows and columns."""

    def __init__(
        self, block: BlockConfig, positions: PositionKind, coordinates: Int[Tensor, "positions axes"]
    ) -> None:
        super().__init__()
        self.dropout = block.dropout
        self.rotary: Rotary | None = None
        self.relative: RelativeBias | None = None
        self.positions: Sinusoidal | Learnt | None = None
        if positions == "relative":
            self.relative = RelativeBias(block.n_heads, len(coordinates), causal=block.causal)
        elif positions == "rope":
            self.rotary = Rotary(coordinates, block.d_model // block.n_heads)
        elif positions == "sinusoidal":
            self.positions = Sinusoidal(coordinates, block.d_model)
        else:
            self.positions = Learnt(coordinates, block.d_model)
        self.blocks = nn.ModuleList(TransformerBlock(block) for _ in range(block.n_layers))
        # Where the norm comes last in a block, the last block's is the last norm.
        self.norm = make_norm(block.norm, block.d_model) if block.norm_first else nn.Identity()

    def forward(
        self,
        x: Float[Tensor, "batch seq d_model"],
        mask: Bool[Tensor, "... seen"] | None = None,
        start: int = 0,
        caches: Sequence[KeyValueCache] | None = None,
        memories: Sequence[Memory] | None = None,
        looked: list[Tensor] | None = None,
    ) -> Float[Tensor, "batch seq d_model"]:
        """``x`` begins at position ``start``; ``caches``, one for each block, hold what came before.

        ``memories``, one for each block, are what cross-attention sees (``read``), and its weights are
        added to ``looked``.
        """
        seq = x.shape[1]
        if self.positions is not None:
            x = x + self.positions(start, seq)
        rotary = self.rotary(start, seq) if self.rotary is not None else None
        if self.relative is not None:
            mask = _added(self.relative(seq, seq + (caches[0].n_kept if caches else 0)), mask, x.dtype)
        x = dropout(x, self.dropout, self.training)
        for i, block in enumerate(self.blocks):
            memory = memories[i] if memories else None
            x = block(x, mask, rotary, caches[i] if caches else None, memory, looked)
        out: Tensor = self.norm(x)
        return out

    def read(
        self,
        sources: Float[Tensor, "sources source d_model"],
        mask: Bool[Tensor, "sources 1 1 source"] | None = None,
    ) -> list[Memory]:
        """Return what each block's cross-attention sees of ``sources``, vectors of what is read."""
        return [cast("TransformerBlock", block).cross_attention.read(sources, mask) for block in self.blocks]


def _added(
    bias: Float[Tensor, "1 heads new seen"], mask: Bool[Tensor, "... seen"] | None, dtype: torch.dtype
) -> Float[Tensor, "... new seen"]:
    """Return ``bias`` where ``mask`` lets look, -inf elsewhere."""
    bias = bias.to(dtype)
    return bias if mask is None else bias.masked_fill(~mask, -torch.inf)
