"""Attention: each query gathers values, weighted by how well their keys answer it.

Scaled dot-product attention (Vaswani et al. 2017, eq. 1), for queries Q, keys K and values V of width d:

    Attention(Q, K, V) = softmax(Q K^T / sqrt(d)) V

Multi-head attention (section 3.2.2) does this in h subspaces of width d_model / h side by side and
mixes the results by one more linear map:

    MultiHead(Q, K, V) = Concat(head_1, ..., head_h) W_O,   head_i = Attention(Q W_i^Q, K W_i^K, V W_i^V)

In self-attention Q, K and V come from one sequence, and all W_i are one packed matrix; in
cross-attention the queries come from the sequence being written and K, V from the one being read.

There is no dropout on the weights: it would forbid the fused kernel, which never writes them down.  On a
CPU that kernel is worth its while from some 200 keys on; for fewer, plain products learn faster (forward
and backward, 1,600 tokens in rows of 25: 4.4 ms instead of 5.4; in rows of 10: 4.3 instead of 8.0).
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from armillary.models.layers.cache import KeyValueCache
from armillary.models.layers.initial import Linear
from armillary.models.layers.positions import RotaryTables, rotate

SHORT = 128  # keys up to which a CPU learns faster from plain products

_seen: ContextVar[list[Tensor] | None] = ContextVar("seen", default=None)

Mask = Bool[Tensor, "... seen"] | Float[Tensor, "... seen"]  # where a query may look; or what its scores get


def attention(
    queries: Float[Tensor, "batch heads seq d_head"],
    keys: Float[Tensor, "batch heads seen d_head"],
    values: Float[Tensor, "batch heads seen d_head"],
    mask: Mask | None = None,
    *,
    causal: bool = False,
) -> Float[Tensor, "batch heads seq d_head"]:
    """Return softmax(Q K^T / sqrt(d)) V, by the way that is the fastest here.

    ``causal``: the i-th query sees the first i keys alone, without a ``mask``.
    """
    compiling = torch.compiler.is_compiling()
    seen = None if compiling else _seen.get()
    learns = torch.is_grad_enabled() and not compiling
    if seen is None and not (learns and queries.is_cpu and keys.shape[2] <= SHORT):
        return F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, is_causal=causal)
    scores = queries * queries.shape[3] ** -0.5 @ keys.mT
    if causal:
        mask = causal_bias(queries.shape[2], scores.dtype)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    weights = scores.softmax(-1)
    if seen is not None:
        seen.append(weights)
    mixed: Tensor = weights @ values
    return mixed


@contextlib.contextmanager
def weights_seen() -> Iterator[list[Tensor]]:
    """Collect the weights of every attention that is computed meanwhile: (batch, heads, queries, keys)."""
    seen = list[Tensor]()
    token = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(token)


@functools.cache
def causal_bias(n: int, dtype: torch.dtype) -> Float[Tensor, "queries keys"]:
    """Return what hides from each of ``n`` places on a CPU those behind it."""
    return torch.full((n, n), -torch.inf, dtype=dtype).triu(1)


class SelfAttention(nn.Module):
    """Multi-head attention of a sequence to itself; ``causal``: to itself and what came before."""

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        *,
        causal: bool = False,
        bias: bool = False,
        n_branches: int = 1,
    ) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.causal = causal
        self.qkv = Linear(d_model, 3 * d_model, bias=bias)
        self.out = Linear(d_model, d_model, bias=bias, n_branches=n_branches)

    def forward(
        self,
        x: Float[Tensor, "batch seq d_model"],
        mask: Mask | None = None,
        rotary: RotaryTables | None = None,
        cache: KeyValueCache | None = None,
    ) -> Float[Tensor, "batch seq d_model"]:
        """``mask`` is (seq, seen) or (batch, 1 or heads, 1 or seq, seen)."""
        batch, seq, d_model = x.shape
        heads = self.qkv(x).view(batch, seq, 3, self.n_heads, d_model // self.n_heads)
        query, key, value = _heads_first(heads, rotary)
        if cache is not None:
            key, value = cache.append(key, value)
        mixed = attention(query, key, value, mask, causal=self.causal and mask is None and seq > 1)
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(batch, seq, d_model))
        return out


def _heads_first(
    heads: Float[Tensor, "batch seq 3 heads d_head"], rotary: RotaryTables | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values, each (batch, heads, seq, d_head), turned by their positions."""
    if rotary is None:
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)
        return query, key, value
    pair, value = heads.split((2, 1), 2)
    query, key = rotate(pair, rotary).unbind(2)
    return query.transpose(1, 2), key.transpose(1, 2), value.squeeze(2).transpose(1, 2)


@dataclass(frozen=True)
class Memory:
    """What one cross-attention layer sees of the sequences that are read: keys, values and which are real."""

    keys: Float[Tensor, "sources heads source d_head"]
    values: Float[Tensor, "sources heads source d_head"]
    mask: Bool[Tensor, "sources 1 1 source"] | None

    def keep(self, sources: Int[Tensor, " n"]) -> Memory:
        """Return the memory of these sources alone, in this order."""
        mask = None if self.mask is None else self.mask[sources]
        return Memory(self.keys[sources], self.values[sources], mask)


class CrossAttention(nn.Module):
    """Multi-head attention of one sequence to another, which is read once (``read``) and then looked at."""

    def __init__(self, d_model: int, n_heads: int, *, bias: bool = False, n_branches: int = 1) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query = Linear(d_model, d_model, bias=bias)
        self.key_value = Linear(d_model, 2 * d_model, bias=bias)
        self.out = Linear(d_model, d_model, bias=bias, n_branches=n_branches)

    def read(
        self,
        sources: Float[Tensor, "sources source d_model"],
        mask: Bool[Tensor, "sources 1 1 source"] | None = None,
    ) -> Memory:
        """Return keys and values of ``sources``; ``mask`` is True where they are real and not padding."""
        packed = self.key_value(sources).view(*sources.shape[:2], 2, self.n_heads, -1)
        by_head = packed.permute(2, 0, 3, 1, 4)
        # What is only looked at is laid out once for all the looks to come.
        keys, values = (by_head if torch.is_grad_enabled() else by_head.contiguous()).unbind(0)
        return Memory(keys, values, mask)

    def forward(
        self, x: Float[Tensor, "rows seq d_model"], memory: Memory
    ) -> Float[Tensor, "rows seq d_model"]:
        """Several rows may look at one source: those of a source stand together."""
        mixed = attention(self._queries(x, memory), memory.keys, memory.values, memory.mask)
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(x.shape))
        return out

    def weights(
        self, x: Float[Tensor, "rows seq d_model"], memory: Memory
    ) -> Float[Tensor, "rows seq source"]:
        """Return how much each position of ``x`` looks at each of its source, the mean over heads."""
        queries = self._queries(x, memory)
        scores = queries @ memory.keys.transpose(2, 3) * queries.shape[-1] ** -0.5
        if memory.mask is not None:
            scores = scores.masked_fill(~memory.mask, -torch.inf)
        weights: Tensor = scores.softmax(-1).mean(1)
        return weights.reshape(*x.shape[:2], -1)

    def _queries(self, x: Tensor, memory: Memory) -> Tensor:
        """Return the queries by source: the rows of one source become one long row."""
        queries: Tensor = self.query(x).view(len(memory.keys), -1, self.n_heads, memory.keys.shape[3])
        return queries.transpose(1, 2)


def padding_mask(real: Bool[Tensor, "batch seq"] | None) -> Bool[Tensor, "batch 1 1 seq"] | None:
    """Return which keys every query of a row may look at: those that are ``real``."""
    return None if real is None else real[:, None, None, :]
