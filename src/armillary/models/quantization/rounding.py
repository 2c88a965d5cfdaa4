"""Rounding a matrix to codes and scales, and back.

A weight is ``scale * (code - zero)`` where levels are symmetric and ``low + scale * code`` where they are
not; scales and lows are float16, one for each group of a row, and codes are chosen for them as they are
stored.  The scale is searched for on a short line: of all candidates the one whose group has the least
squared error, which clips a few large weights to round the many small ones more finely (Choukroun et al.
2019, arXiv:1902.06822).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float16, UInt8
from torch import Tensor

from armillary.models.quantization.scheme import Grid

SHRINKS = tuple(step / 20 for step in range(20, 5, -1))  # of the scale that clips nothing
AT_ONCE = 2**16  # weights times candidates that are tried together: they should stay in the cache
STRETCHES = tuple(step / 10 for step in range(8, 21))  # of the mean of |w|, for ternary levels

Matrix = Float[Tensor, "rows columns"]
Grouped = Float[Tensor, "rows groups size"]
Scales = Float16[Tensor, "rows groups"]
Lines = Float16[Tensor, "candidates rows groups"]


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
    scales, lows = _best(grouped, real, grid)
    codes = _nearest(_places(grouped, scales, lows, grid), grid)
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


def _best(grouped: Grouped, real: Bool[Tensor, "groups size"], grid: Grid) -> tuple[Scales, Scales | None]:
    """Return of all candidates the scale, and the low, with which each group has the least squared error."""
    scales, lows = _candidates(grouped, real, grid)
    if len(scales) == 1:
        return scales[0], None if lows is None else lows[0]
    n = max(1, AT_ONCE // grouped.numel())
    parts = zip(scales.split(n), [None] * len(scales) if lows is None else lows.split(n), strict=False)
    errors = torch.cat([_errors(grouped, real, *part, grid) for part in parts])
    best = errors.argmin(0, keepdim=True)
    return scales.gather(0, best)[0], None if lows is None else lows.gather(0, best)[0]


def _errors(
    grouped: Grouped, real: Bool[Tensor, "groups size"], scales: Lines, lows: Lines | None, grid: Grid
) -> Float[Tensor, "candidates rows groups"]:
    """Return the squared error of each group with each candidate."""
    places = _places(grouped, scales, lows, grid)
    away = _nearest(places, grid).sub_(places)
    if not real[-1, -1]:
        away.mul_(real)
    lengths: Tensor = torch.linalg.vector_norm(away, dim=-1)
    return (lengths * _steps(scales)).square()


def _candidates(
    grouped: Grouped, real: Bool[Tensor, "groups size"], grid: Grid
) -> tuple[Lines, Lines | None]:
    """Return scales, and lows where levels are not symmetric; without a search there is one of each."""
    if not grid.symmetric:
        return _ranges(grouped, real, grid)
    plain, factors = _plain_scale(grouped, real, grid)
    return (plain * _column(factors if grid.search else (1.0,), plain)).half(), None


def _plain_scale(
    grouped: Grouped, real: Bool[Tensor, "groups size"], grid: Grid
) -> tuple[Float[Tensor, "rows groups"], tuple[float, ...]]:
    """Return the scale that the scheme has by itself, and its multiples to try, itself among them."""
    if grid.bits in ("ternary", "binary"):
        mean = grouped.abs().sum(-1) / real.sum(-1)
        return (mean, STRETCHES) if grid.bits == "ternary" else (2 * mean, (1.0,))
    return grouped.abs().amax(-1) / min(grid.zero, grid.levels - 1 - grid.zero), SHRINKS


def _ranges(grouped: Grouped, real: Bool[Tensor, "groups size"], grid: Grid) -> tuple[Lines, Lines]:
    """Return ranges from the least to the largest weight, drawn in towards their middle."""
    low = grouped.masked_fill(~real, torch.inf).amin(-1)
    high = grouped.masked_fill(~real, -torch.inf).amax(-1)
    middle, half = (low + high) / 2, (high - low) / 2
    shrunk = half * _column(SHRINKS if grid.search else (1.0,), half)
    return (2 * shrunk / (grid.levels - 1)).half(), (middle - shrunk).half()


def _column(factors: tuple[float, ...], like: Tensor) -> Float[Tensor, "candidates 1 1"]:
    return torch.tensor(factors, device=like.device)[:, None, None]


def _steps(scales: Float16[Tensor, "*lines"]) -> Float[Tensor, "*lines"]:
    """Return the scales as divisors: 1 where a group has none."""
    return torch.where(scales == 0, 1.0, scales.float())


def _places(
    grouped: Grouped, scales: Float16[Tensor, "*lines"], lows: Float16[Tensor, "*lines"] | None, grid: Grid
) -> Float[Tensor, "*lines size"]:
    """Return where weights lie among the codes, as numbers that need not be whole."""
    per_step = _steps(scales).reciprocal()[..., None]
    if lows is None:
        return (grouped * per_step).add_(grid.zero)
    return (grouped - lows.float()[..., None]).mul_(per_step)


def _nearest(places: Float[Tensor, "*shape"], grid: Grid) -> Float[Tensor, "*shape"]:
    """Return the code of the level nearest to each place."""
    return places.round().clamp_(0, grid.levels - 1)


def _values(codes: Grouped, scales: Scales, lows: Scales | None, grid: Grid) -> Grouped:
    """Return the levels that codes stand for."""
    scale = scales.float()[..., None]
    return scale * (codes - grid.zero) if lows is None else lows.float()[..., None] + scale * codes
