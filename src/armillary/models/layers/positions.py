"""How a Transformer, which by itself sees a set, is told where each of its inputs stands."""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.core.errors import RequestError
from armillary.models.layers.initial import normal_

N_BUCKETS, FURTHEST = 32, 128  # of relative biases, as T5 has them
BASE = 10_000.0  # the longest wavelength is 2 pi BASE positions (Vaswani et al. 2017)

PositionKind = Literal["rope", "relative", "sinusoidal", "learnt"]
RotaryTables = tuple[Float[Tensor, "positions d_head"], Float[Tensor, "positions d_head"]]


def grid(height: int, width: int) -> Int[Tensor, "cells 2"]:
    """Return (row, column) of each cell of a grid, row by row."""
    return torch.cartesian_prod(torch.arange(height), torch.arange(width))


def sinusoidal(
    coordinates: Int[Tensor, "positions axes"], d_model: int
) -> Float[Tensor, "positions d_model"]:
    """Return the encoding that is added to the input (Vaswani et al. 2017, section 3.5).

        PE(t, 2i)   = sin(t / 10000^(2i / d_model))
        PE(t, 2i+1) = cos(t / 10000^(2i / d_model))

    With several axes the channels are divided among them, each axis encoded in its share (Beyer et
    al. 2022).  A share of odd width has one sine more than cosines.
    """
    shares = [len(range(a, d_model, coordinates.shape[1])) for a in range(coordinates.shape[1])]
    return torch.cat([_waves(t, n) for t, n in zip(coordinates.unbind(1), shares, strict=True)], 1)


def _waves(t: Int[Tensor, " positions"], width: int) -> Float[Tensor, "positions width"]:
    angles = t[:, None] * BASE ** (-torch.arange(0, width, 2) / width)
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(1)[:, :width]


class Sinusoidal(nn.Module):
    """The sinusoidal encoding of a fixed number of places, as a table that is not trained."""

    table: Tensor

    def __init__(self, coordinates: Int[Tensor, "positions axes"], d_model: int) -> None:
        super().__init__()
        self.register_buffer("table", sinusoidal(coordinates, d_model), persistent=False)

    def forward(self, start: int, n: int) -> Float[Tensor, "n d_model"]:
        """Return the encoding of positions ``start`` to ``start + n``; RequestError beyond the last."""
        return _rows(self.table, start, n)


class Learnt(nn.Module):
    """One free vector for each place (Gehring et al. 2017; ViT, Dosovitskiy et al. 2021).

    They start half as long as what they are added to: near zero, a small vision Transformer is slow to
    tell places apart (50k parameters on the 8x8 digits: 96.9% from 0.02, 98.2% from 0.5).
    """

    def __init__(self, coordinates: Int[Tensor, "positions axes"], d_model: int) -> None:
        super().__init__()
        self.table = nn.Embedding(len(coordinates), d_model)
        normal_(self.table.weight, std=0.5)

    def forward(self, start: int, n: int) -> Float[Tensor, "n d_model"]:
        """Return the encoding of positions ``start`` to ``start + n``; RequestError beyond the last."""
        return _rows(self.table.weight, start, n)


def _rows(table: Tensor, start: int, n: int) -> Tensor:
    if start + n > len(table):
        raise RequestError(
            f"the input has {start + n} positions, this model's end at {len(table)}; "
            "shorten it, or train a model with positions=rope, which have no end"
        )
    return table[start : start + n]


class Rotary(nn.Module):
    """Rotary position embedding: the attention score of two tokens depends on their distance alone.

    Su et al. 2021, eq. 34: channels (j, j + d/2) of a query or key at position t are taken as a point
    in the plane and turned by the angle t * 10000^(-2j / d):

        x'_j       = x_j cos(t w_j) - x_{j+d/2} sin(t w_j)
        x'_{j+d/2} = x_{j+d/2} cos(t w_j) + x_j sin(t w_j)

    With several axes (rows and columns of an image) the pairs take turns among the axes.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, coordinates: Int[Tensor, "positions axes"], d_head: int) -> None:
        super().__init__()
        self.d_head = d_head
        self.n_positions, self.n_axes = coordinates.shape
        cos, sin = rotary_tables(coordinates, d_head)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, start: int, n: int) -> RotaryTables:
        """Return the tables of positions ``start`` to ``start + n``.

        A text may outgrow the table, for only distances matter; a grid may not.
        """
        if start + n <= self.n_positions:
            return self.cos[start : start + n], self.sin[start : start + n]
        assert self.n_axes == 1, f"{start + n} positions on a grid of {self.n_positions}"
        beyond = torch.arange(start, start + n, device=self.cos.device)
        return rotary_tables(beyond[:, None], self.d_head)


def rotary_tables(coordinates: Int[Tensor, "positions axes"], d_head: int) -> RotaryTables:
    """Return cosines and signed sines, so that rotation is ``x * cos + halves_swapped(x) * sin``."""
    n_axes = coordinates.shape[1]
    pair = torch.arange(d_head // 2, device=coordinates.device)
    frequency = BASE ** (-(pair - pair % n_axes) / (d_head // 2))
    angles = coordinates[:, pair % n_axes] * frequency
    cos = torch.cat((angles.cos(), angles.cos()), -1)
    sin = torch.cat((-angles.sin(), angles.sin()), -1)
    return cos, sin


def rotate(
    x: Float[Tensor, "batch positions *heads d_head"], tables: RotaryTables
) -> Float[Tensor, "batch positions *heads d_head"]:
    """Return ``x`` turned by the angles of its positions."""
    cos, sin = (t.to(x.dtype).view(len(t), *[1] * (x.ndim - 3), -1) for t in tables)
    first, second = x.chunk(2, -1)
    return torch.addcmul(x * cos, torch.cat((second, first), -1), sin)


class RelativeBias(nn.Module):
    """What each head adds to its scores for a distance, before softmax (T5: Raffel et al. 2020, section 2.1).

    Of the ``N_BUCKETS`` biases of a head, half are for the nearest distances one by one and half for
    ranges that grow to ``FURTHEST``; what lies beyond shares the last.  Looking both ways, each side has
    half of them.  All layers of a stack share one table.
    """

    buckets: Tensor

    def __init__(self, n_heads: int, length: int, *, causal: bool) -> None:
        super().__init__()
        self.causal = causal
        self.furthest = max(length, FURTHEST)  # places in a text: all beyond FURTHEST are one bucket
        self.table = nn.Embedding(N_BUCKETS, n_heads)
        normal_(self.table.weight, std=0.1)
        distances = torch.arange(-self.furthest, self.furthest + 1)
        self.register_buffer("buckets", bucket(distances, causal=causal), persistent=False)

    def forward(self, n_new: int, n_seen: int) -> Float[Tensor, "1 heads new seen"]:
        """Return what is added to the scores of the last ``n_new`` of ``n_seen`` places for all of them.

        ``causal``: -inf for the places behind each.
        """
        behind = n_new - 1
        buckets = self._buckets(1 - n_seen, 0 if self.causal else behind)
        by_distance = self.table(buckets).t()
        if self.causal:
            by_distance = F.pad(by_distance, (0, behind), value=-torch.inf)
        # Each query sees what the next one sees, one distance on.
        bias: Tensor = by_distance.unfold(1, n_seen, 1).flip(1)[None]
        return bias

    def _buckets(self, first: int, last: int) -> Int[Tensor, " distances"]:
        """Return the buckets of the distances from ``first`` to ``last``."""
        if max(-first, last) <= self.furthest:
            return self.buckets[self.furthest + first : self.furthest + last + 1]
        distances = torch.arange(first, last + 1, device=self.buckets.device)
        return self.buckets[distances.clamp(-self.furthest, self.furthest) + self.furthest]


def bucket(distance: Int[Tensor, "*shape"], *, causal: bool) -> Int[Tensor, "*shape"]:
    """Return the number of the bias for a distance: the key's place less the query's."""
    n = N_BUCKETS if causal else N_BUCKETS // 2
    first = torch.zeros_like(distance) if causal else (distance > 0) * n
    far = (-distance).clamp(min=0) if causal else distance.abs()
    exact = n // 2
    growth = torch.log(far.clamp(min=1) / exact) / math.log(FURTHEST / exact)
    return first + torch.where(far < exact, far, (exact + (growth * (n - exact)).long()).clamp(max=n - 1))
