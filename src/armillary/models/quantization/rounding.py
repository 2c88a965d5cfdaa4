"""Rounding a matrix to codes and scales, and back.

A weight is ``scale * (code - zero)`` where levels are symmetric and ``low + scale * code`` where they are
not; scales and lows are float16, one for each group of a row, and codes are chosen for them as they are
stored.  The scale is searched for on a short line: of all candidates the one whose group has the least
squared error, which clips a few large weights to round the many small ones more finely (Choukroun et al.
2019, arXiv:1902.06822).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float16, UInt8
from torch import Tensor

from armillary.models.quantization.scheme import Grid

SHRINKS = tuple(step / 20 for step in range(20, 5, -1))  # of the scale that clips nothing
STRETCHES = tuple(step / 10 for step in range(8, 21))  # of the mean of |w|, for ternary levels

Matrix = Float[Tensor, "rows columns"]
Grouped = Float[Tensor, "rows groups size"]
Scales = Float16[Tensor, "rows groups"]


@dataclass(frozen=True, eq=False)
class Rounded:
    """A matrix as codes and what they mean."""

    codes: UInt8[Tensor, "rows columns"]
    scales: Scales
    lows: Scales | None  # None: symmetric levels


def shape_of_groups(n_columns: int, group_size: int) -> tuple[int, int]:
    """Return (groups of a row, columns of a group but the last, which may have fewer), all about as large."""
    n_groups = -(-n_columns // group_size) if group_size else 1
    size = -(-n_columns // n_groups)
    return -(-n_columns // size), size


def rounded(matrix: Matrix, grid: Grid) -> Rounded:
    """Return ``matrix`` in the levels of ``grid``."""
    grouped, real = _grouped(matrix, grid.group_size)
    best, least = None, torch.full(grouped.shape[:2], torch.inf, device=matrix.device)
    for scales, lows in _candidates(grouped, real, grid):
        codes = _nearest(grouped, scales, lows, grid)
        errors = (((_values(codes, scales, lows, grid) - grouped) * real) ** 2).sum(-1)
        if best is None:
            best, least = (codes, scales, lows), errors
            continue
        better = errors < least
        least = torch.where(better, errors, least)
        best = (
            torch.where(better[..., None], codes, best[0]),
            torch.where(better, scales, best[1]),
            None if lows is None or best[2] is None else torch.where(better, lows, best[2]),
        )
    assert best is not None
    codes, scales, lows = best
    return Rounded(codes.flatten(1)[:, : matrix.shape[1]].to(torch.uint8), scales, lows)


def restored(rounded: Rounded, grid: Grid) -> Matrix:
    """Return the float32 matrix that the codes stand for."""
    n_columns = rounded.codes.shape[1]
    n_groups, size = shape_of_groups(n_columns, grid.group_size)
    padded = torch.nn.functional.pad(rounded.codes, (0, n_groups * size - n_columns))
    codes = padded.view(-1, n_groups, size).float()
    return _values(codes, rounded.scales, rounded.lows, grid).flatten(1)[:, :n_columns].contiguous()


def _grouped(matrix: Matrix, group_size: int) -> tuple[Grouped, Bool[Tensor, "groups size"]]:
    """Return the matrix by groups, the last of each row filled up with zeros, and which are real."""
    n_rows, n_columns = matrix.shape
    n_groups, size = shape_of_groups(n_columns, group_size)
    padded = torch.nn.functional.pad(matrix.float(), (0, n_groups * size - n_columns))
    real = torch.arange(n_groups * size, device=matrix.device) < n_columns
    return padded.view(n_rows, n_groups, size), real.view(n_groups, size)


def _candidates(
    grouped: Grouped, real: Bool[Tensor, "groups size"], grid: Grid
) -> Iterator[tuple[Scales, Scales | None]]:
    """Yield scales, and lows where levels are not symmetric; without a search the first is the only one."""
    if not grid.symmetric:
        yield from _ranges(grouped, real, grid)
        return
    plain, factors = _plain_scale(grouped, real, grid)
    for factor in factors if grid.search else factors[:1]:
        yield (plain * factor).half(), None


def _plain_scale(
    grouped: Grouped, real: Bool[Tensor, "groups size"], grid: Grid
) -> tuple[Float[Tensor, "rows groups"], tuple[float, ...]]:
    """Return the scale that the scheme has by itself, and its multiples to try, that one first."""
    if grid.bits in ("ternary", "binary"):
        mean = grouped.abs().sum(-1) / real.sum(-1)
        return (mean, (1.0, *STRETCHES)) if grid.bits == "ternary" else (2 * mean, (1.0,))
    return grouped.abs().amax(-1) / min(grid.zero, grid.levels - 1 - grid.zero), SHRINKS


def _ranges(
    grouped: Grouped, real: Bool[Tensor, "groups size"], grid: Grid
) -> Iterator[tuple[Scales, Scales]]:
    """Yield ranges from the least to the largest weight, drawn in towards their middle."""
    low = grouped.masked_fill(~real, torch.inf).amin(-1)
    high = grouped.masked_fill(~real, -torch.inf).amax(-1)
    middle, half = (low + high) / 2, (high - low) / 2
    for factor in SHRINKS if grid.search else SHRINKS[:1]:
        yield (2 * half * factor / (grid.levels - 1)).half(), (middle - half * factor).half()


def _nearest(grouped: Grouped, scales: Scales, lows: Scales | None, grid: Grid) -> Grouped:
    """Return the code of the level nearest to each weight."""
    step = torch.where(scales == 0, 1.0, scales.float())[..., None]
    places = grouped / step + grid.zero if lows is None else (grouped - lows.float()[..., None]) / step
    return places.round_().clamp_(0, grid.levels - 1)


def _values(codes: Grouped, scales: Scales, lows: Scales | None, grid: Grid) -> Grouped:
    """Return the levels that codes stand for."""
    scale = scales.float()[..., None]
    return scale * (codes - grid.zero) if lows is None else lows.float()[..., None] + scale * codes
