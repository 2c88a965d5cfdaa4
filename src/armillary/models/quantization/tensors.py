"""The weights of a model in few bits, by name, and back.

A matrix W is cut into rows and each row into groups that share a scale s (and an offset o):

    W = o + s c,    c = 0, 1, ..., n_levels - 1

Of many ranges the one with the least squared error is kept: a few large weights are better cut off than
paid for by all others (Banner et al. 2019, section 3).

"NAME" becomes "NAME.codes", "NAME.scales", perhaps "NAME.offsets", and "NAME.layout": the number of levels,
the length of a group, and the shape.  So a file says itself how it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor

from armillary.core.errors import CheckpointError
from armillary.models.quantization.codes import pack, unpack
from armillary.models.quantization.scheme import Grid, Quantization

SMALLEST = 512  # numbers of a matrix that is worth its scales
NARROWEST = 16  # columns of one
RANGES = 24  # that are tried
CODES, SCALES, OFFSETS, LAYOUT = ".codes", ".scales", ".offsets", ".layout"

Grouped = Float[Tensor, "rows groups group"]


def packed(
    tensors: Mapping[str, Tensor], quantization: Quantization, tables: Collection[str] = ()
) -> dict[str, Tensor]:
    """Return ``tensors`` with matrices in few bits; ``tables`` are the names of those of tokens."""
    kept: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        table = name in tables
        if _worth_it(tensor) and (quantization.tables or not table):
            parts = _packed(tensor.detach().float(), quantization.grid(table=table))
            kept |= {name + suffix: part for suffix, part in parts.items()}
        else:
            kept[name] = tensor
    return kept


def unpacked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights that ``packed`` made small, in float32, and all others as they are.

    CheckpointError where a part of one is missing.
    """
    whole = {}
    for name, tensor in tensors.items():
        stem, dot, suffix = name.rpartition(".")
        if dot + suffix == LAYOUT:
            whole[stem] = _unpacked(tensors, stem, tensor)
        elif dot + suffix not in (CODES, SCALES, OFFSETS) or stem + LAYOUT not in tensors:
            whole[name] = tensor
    return whole


def _worth_it(tensor: Tensor) -> bool:
    return (
        tensor.is_floating_point()
        and tensor.ndim >= 2
        and tensor.numel() >= SMALLEST
        and tensor[0].numel() >= NARROWEST
    )


def _packed(tensor: Tensor, grid: Grid) -> dict[str, Tensor]:
    rows = tensor.flatten(1)
    n = rows.shape[1]
    length = min(grid.group or n, n)
    codes, scales, offsets = _nearest(_grouped(rows, length), grid)
    parts = {
        CODES: pack(codes.flatten(1)[:, :n], grid.n_levels),
        SCALES: scales,
        LAYOUT: torch.tensor([grid.n_levels, length, *tensor.shape], dtype=torch.int32),
    }
    return parts if grid.symmetric else parts | {OFFSETS: offsets}


def _unpacked(tensors: Mapping[str, Tensor], name: str, layout: Int[Tensor, " numbers"]) -> Tensor:
    for suffix in (CODES, SCALES):
        if name + suffix not in tensors:
            raise CheckpointError(
                f"the quantized weight {name!r} lacks its {suffix[1:]}; the file is damaged"
            )
    n_levels, length, *shape = layout.tolist()
    n = torch.Size(shape[1:]).numel()
    codes = unpack(tensors[name + CODES], n_levels, n)
    scales = tensors[name + SCALES].float()
    offsets = tensors.get(name + OFFSETS)
    begin = _centred(scales, n_levels) if offsets is None else offsets.float()
    values = begin[..., None] + scales[..., None] * _grouped(codes.float(), length)
    return values.flatten(1)[:, :n].reshape(shape)


def _grouped(rows: Float[Tensor, "rows n"], length: int) -> Grouped:
    """Return rows cut into groups, the last filled up with its last number."""
    n = rows.shape[1]
    filler = rows[:, -1:].expand(-1, -n % length)
    return torch.cat([rows, filler], 1).view(len(rows), -1, length)


def _nearest(
    groups: Grouped, grid: Grid
) -> tuple[Int[Tensor, "rows groups group"], Float[Tensor, "rows groups"], Float[Tensor, "rows groups"]]:
    """Return (codes, scales, offsets) with the least squared error of all ranges that are tried."""
    low, high = groups.amin(2), groups.amax(2)
    if grid.symmetric:
        high = torch.maximum(high, -low)
        low = -high
    best = torch.full_like(low, torch.inf)
    found = [torch.zeros_like(groups), torch.zeros_like(low), torch.zeros_like(low)]
    for share in torch.linspace(1, 1 / RANGES, RANGES).tolist():
        tried = _rounded(groups, low * share, high * share, grid)
        error = (tried[1][..., None] * tried[0] + tried[2][..., None] - groups).square().sum(2)
        better = error < best
        best = torch.where(better, error, best)
        found = [
            torch.where(better[..., None] if new.ndim == 3 else better, new, old)
            for new, old in zip(tried, found, strict=True)
        ]
    codes, scales, offsets = found
    return codes.long(), scales.half(), offsets.half()


def _rounded(
    groups: Grouped, low: Float[Tensor, "rows groups"], high: Float[Tensor, "rows groups"], grid: Grid
) -> tuple[Grouped, Float[Tensor, "rows groups"], Float[Tensor, "rows groups"]]:
    """Return (codes, scales, offsets) of one range, the numbers as they will be read: in half precision."""
    scales = ((high - low) / (grid.n_levels - 1)).clamp(min=torch.finfo(torch.half).tiny).half().float()
    offsets = _centred(scales, grid.n_levels) if grid.symmetric else low.half().float()
    codes = ((groups - offsets[..., None]) / scales[..., None]).round().clamp(0, grid.n_levels - 1)
    return codes, scales, offsets


def _centred(scales: Float[Tensor, "rows groups"], n_levels: int) -> Float[Tensor, "rows groups"]:
    """Return where the first of ``n_levels`` values lies that are even about 0."""
    return -scales * (n_levels - 1) / 2
