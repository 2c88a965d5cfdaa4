"""The Transformer block: attention, then feed-forward, each added to what came in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from armillary.core.config import Config
from armillary.models.layers.attention import CrossAttention, Mask, Memory, SelfAttention
from armillary.models.layers.cache import KeyValueCache
from armillary.models.layers.dropout import dropout
from armillary.models.layers.feed_forward import Activation, FeedForward
from armillary.models.layers.norms import NormKind, make_norm
from armillary.models.layers.positions import RotaryTables


@dataclass(frozen=True, kw_only=True)
class BlockConfig(Config):
    """The shape of one block of a stack."""

    d_model: int
    n_heads: int
    d_ff: int  # hidden width of the feed-forward part
    n_layers: int = 1  # blocks in the whole stack, for the scale of fresh weights
    norm: NormKind = "rms"
    norm_first: bool = True
    activation: Activation = "swiglu"
    bias: bool = False
    dropout: float = 0.0
    causal: bool = False
    cross: bool = False  # also attend to a second sequence

    @property
    def n_branches(self) -> int:
        """Residual branches in the whole stack."""
        return self.n_layers * (3 if self.cross else 2)


class TransformerBlock(nn.Module):
    """One layer of an encoder or, with ``causal`` and ``cross``, of a decoder.

        norm first   x + f(norm(x))     Xiong et al. 2020: trains without warm-up
        norm last    norm(x + f(x))     Vaswani et al. 2017

    for f = self-attention, cross-attention (where there is one) and feed-forward, in this order.
    """

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        c = self.config = config
        bias, n_branches = c.bias, c.n_branches
        self.norm_self = make_norm(c.norm, c.d_model)
        self.self_attention = SelfAttention(
            c.d_model, c.n_heads, causal=c.causal, bias=bias, n_branches=n_branches
        )
        if c.cross:
            self.norm_cross = make_norm(c.norm, c.d_model)
            self.cross_attention = CrossAttention(c.d_model, c.n_heads, bias=bias, n_branches=n_branches)
        self.norm_ff = make_norm(c.norm, c.d_model)
        self.feed_forward = FeedForward(
            c.d_model, c.d_ff, activation=c.activation, bias=bias, dropout=c.dropout, n_branches=n_branches
        )

    def forward(
        self,
        x: Float[Tensor, "batch seq d_model"],
        mask: Mask | None = None,
        rotary: RotaryTables | None = None,
        cache: KeyValueCache | None = None,
        memory: Memory | None = None,
        looked: list[Tensor] | None = None,
    ) -> Float[Tensor, "batch seq d_model"]:
        """``memory`` is what cross-attention sees; its weights are added to ``looked`` where there is one."""
        x = self._add(x, self.norm_self, lambda h: self.self_attention(h, mask, rotary, cache))
        if memory is not None:
            x = self._add(x, self.norm_cross, lambda h: self._cross(h, memory, looked))
        return self._add(x, self.norm_ff, self.feed_forward)

    def _cross(self, x: Tensor, memory: Memory, looked: list[Tensor] | None) -> Tensor:
        if looked is not None:
            looked.append(self.cross_attention.weights(x, memory))
        out: Tensor = self.cross_attention(x, memory)
        return out

    def _add(self, x: Tensor, norm: nn.Module, branch: Callable[[Tensor], Tensor]) -> Tensor:
        p, training = self.config.dropout, self.training
        if self.config.norm_first:
            return x + dropout(branch(norm(x)), p, training)
        out: Tensor = norm(x + dropout(branch(x), p, training))
        return out
