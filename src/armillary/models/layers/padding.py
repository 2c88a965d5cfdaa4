"""Rows of different lengths in one rectangular batch."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def real_positions(lengths: Int[Tensor, " batch"] | None, seq: int) -> Bool[Tensor, "batch seq"] | None:
    """Return which positions hold tokens rather than padding; None when all do.

    A row of length 0 counts its first padding token, so that it has something to say.
    """
    if lengths is None:
        return None
    return torch.arange(seq, device=lengths.device) < lengths.clamp(min=1)[:, None]


def mean_over_real(
    x: Float[Tensor, "batch seq width"], real: Bool[Tensor, "batch seq"] | None
) -> Float[Tensor, "batch width"]:
    """Return the mean of each row over its real positions."""
    if real is None:
        return x.mean(1)
    weights = real.to(x.dtype)
    return torch.einsum("bsw,bs->bw", x, weights / weights.sum(1, keepdim=True))
