"""Linear maps of few rows on a CPU, as writing token by token needs them.

A product of a few rows with a large matrix waits for the matrix, and the libraries behind
``F.linear`` are made for many rows.  On an AVX-512 core, with a matrix of 8192 x 256:

    rows    F.linear    here
       1     1.06 ms    0.34 ms    in slices that fit the second-level cache
       4     1.66 ms    0.69 ms    as (W x^T)^T
      32     2.80 ms    1.55 ms    W laid out beforehand (oneDNN)

Nothing of this has gradients; with gradients, on other devices and in other precisions all is as ever.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from contextvars import ContextVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

FEW = 8  # rows up to which laying out is not worth its time
SMALL = 2**16  # numbers of a matrix below which it stays in the cache from one product to the next
SLICE = 2**14  # numbers of a matrix that are multiplied with one row at a time
CAN_LAY_OUT = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")

_fixed: ContextVar[FixedWeights | None] = ContextVar("fixed", default=None)


def linear(
    x: Float[Tensor, "*rows n_in"],
    weight: Float[Tensor, "n_out n_in"],
    bias: Float[Tensor, " n_out"] | None = None,
) -> Float[Tensor, "*rows n_out"]:
    """Return x W^T + b."""
    if torch.is_grad_enabled() or not (_is_plain(x) and _is_plain(weight)):
        return F.linear(x, weight, bias)
    n_out, n_in = weight.shape
    n_rows = x.numel() // n_in
    if n_rows > FEW:
        fixed = _fixed.get() if CAN_LAY_OUT else None
        laid_out = None if fixed is None else fixed.laid_out.get(id(weight))
        return F.linear(x, weight, bias) if laid_out is None else laid_out.product(x, weight, bias)
    if n_out * n_in < SMALL or n_rows == 0:
        return F.linear(x, weight, bias)
    rows = x.reshape(n_rows, n_in)
    out = _of_one(rows, weight) if n_rows == 1 else torch.mm(weight, rows.t()).t().contiguous()
    return (out if bias is None else out.add_(bias)).view(*x.shape[:-1], n_out)


def _is_plain(x: Tensor) -> bool:
    return x.dtype == torch.float32 and x.is_cpu


class FixedWeights:
    """The weights of a model, laid out as they are used; they must not change as long as this lives."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.laid_out = {id(p): LaidOut() for p in model.parameters() if p.ndim == 2}

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Let products use them for a while."""
        token = _fixed.set(self)
        try:
            yield
        finally:
            _fixed.reset(token)


def fixed_weights(model: nn.Module) -> contextlib.AbstractContextManager[None]:
    """Let the weights of ``model`` be laid out for fast products; they must not change meanwhile."""
    fixed = _fixed.get()
    known = fixed is not None and fixed.model is model
    return contextlib.nullcontext() if known else FixedWeights(model).used()


class LaidOut:
    """A matrix as oneDNN reads it fastest, from its second use on: one product alone is not worth it."""

    def __init__(self) -> None:
        self._used = False
        self._matrix: Tensor | None = None

    def product(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return x W^T + b."""
        if not self._used:
            self._used = True
            return F.linear(x, weight, bias)
        if self._matrix is None:
            self._matrix = torch.ops.mkldnn._reorder_linear_weight(weight.detach())
        out: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._matrix, bias, "none", [], "")
        return out


def _of_one(row: Float[Tensor, "1 n_in"], weight: Float[Tensor, "n_out n_in"]) -> Float[Tensor, "1 n_out"]:
    n_out, n_in = weight.shape
    size = _slice(n_out, n_in)
    n_slices = n_out // size
    end = n_slices * size
    slices = weight[:end].view(n_slices, size, n_in)
    out = torch.bmm(slices, row.t().expand(n_slices, n_in, 1)).view(1, end)
    return out if end == n_out else torch.cat((out, F.linear(row, weight[end:])), 1)


@functools.cache
def _slice(n_out: int, n_in: int) -> int:
    """Return how many rows of a matrix to take at a time: as many in each slice where that can be."""
    most = max(1, SLICE // n_in)
    return next((size for size in range(most, most // 2, -1) if n_out % size == 0), most)
