"""The weights of a module as packed codes, by name, and back: what a quantized run keeps in its file.

A tensor NAME that is rounded is kept as NAME.codes (uint8, several codes a byte), NAME.scales (float16)
and, where levels are not symmetric, NAME.lows (float16); all others as they are.  Which are rounded follows
from the module and the scheme, so the file needs no more than that.  A tied tensor has one name and is kept
once.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from armillary.core.errors import CheckpointError, RequestError
from armillary.models.layers.initial import Readout
from armillary.models.quantization.packing import n_packed, pack, unpack
from armillary.models.quantization.rounding import Rounded, restored, rounded, shape_of_groups
from armillary.models.quantization.scheme import Bits, Grid, Quantization

NARROW = 32  # rows or columns below which a matrix is one
CODES, SCALES, LOWS = ".codes", ".scales", ".lows"


def grids(module: nn.Module, scheme: Quantization) -> dict[str, Grid]:
    """Return by name how each parameter of ``module`` that is rounded is; the others stay as they are.

    Rounded are matrices, kernels of convolutions and tables: gains, biases and running statistics are few,
    and every output hangs on them.  A kernel is taken as a matrix of a row for each output channel.

    Where a model begins and ends, errors are not averaged over many inputs.  Narrow matrices (kernels that
    see one channel, scores of a few classes) therefore have 8 bits at least: of a residual network on 8x8
    digits they are a hundredth of the weights, and decide whether with ternary ones 38% or 81% of digits are
    recognised.  Tables and maps to scores have ``table_bits`` at least: of a translator of 2M parameters
    they are a third, and its loss with 2 bits elsewhere is 2.61 nats a token with 8 bits there, 2.61 with 4,
    2.76 with 2 (2.57 unrounded).
    """
    tables = {id(m.weight) for m in module.modules() if isinstance(m, nn.Embedding | Readout)}
    return {
        name: scheme.grid(_least(parameter, table=id(parameter) in tables, scheme=scheme))
        for name, parameter in module.named_parameters()
        if _is_matrix(parameter) and parameter.numel() >= scheme.smallest and not scheme.keeps(name)
    }


def packed(module: nn.Module, scheme: Quantization, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return ``tensors``, the weights of ``module`` by name, with those that are rounded packed.

    RequestError names a tensor with weights that no scale can hold: infinite, or beyond float16.
    """
    found = grids(module, scheme)
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        out |= _packed_one(name, tensor, found[name]) if name in found else {name: tensor}
    return out


def unpacked(module: nn.Module, scheme: Quantization, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what ``packed`` was given, rounded.

    CheckpointError when codes do not fit the module; a tensor that is missing stays so.
    """
    shapes = {name: parameter.shape for name, parameter in module.named_parameters()}
    rest = dict(tensors)
    for name, grid in grids(module, scheme).items():
        parts = {end: rest.pop(name + end) for end in (CODES, SCALES, LOWS) if name + end in rest}
        if parts:
            rest[name] = _unpacked_one(name, parts, shapes[name], grid)
    return rest


def rounded_weight(weight: Tensor, grid: Grid) -> Tensor:
    """Return ``weight`` as it comes out of a file: rounded, in its own shape."""
    return restored(rounded(weight.flatten(1), grid), grid).view(weight.shape)


def _packed_one(name: str, tensor: Tensor, grid: Grid) -> dict[str, Tensor]:
    found = rounded(tensor.detach().flatten(1), grid)
    if not all(t.isfinite().all() for t in (found.scales, found.lows) if t is not None):
        raise RequestError(
            f"{name} has weights that are not finite or beyond float16 and cannot be quantized"
        )
    parts = {name + CODES: pack(found.codes, grid.levels), name + SCALES: found.scales}
    return parts if found.lows is None else {**parts, name + LOWS: found.lows}


def _unpacked_one(name: str, parts: Mapping[str, Tensor], shape: torch.Size, grid: Grid) -> Tensor:
    n_rows, n_columns = shape[0], shape[1:].numel()
    groups = (n_rows, shape_of_groups(n_columns, grid.group_size)[0])
    wanted = {CODES: (n_packed(shape.numel(), grid.levels),), SCALES: groups}
    wanted |= {} if grid.symmetric else {LOWS: groups}
    if (given := {end: tuple(part.shape) for end, part in parts.items()}) != wanted:
        raise CheckpointError(
            f"the codes of {name!r} are of another scheme: their shapes are {given} and not {wanted}"
        )
    codes = unpack(parts[CODES], grid.levels, shape.numel()).view(n_rows, n_columns)
    return restored(Rounded(codes, parts[SCALES], parts.get(LOWS)), grid).view(shape)


def _is_matrix(parameter: Tensor) -> bool:
    return sum(size > 1 for size in parameter.shape) >= 2


def _least(parameter: Tensor, *, table: bool, scheme: Quantization) -> Bits:
    """Return the bits that a parameter has at least."""
    if min(parameter.shape[0], parameter.shape[1:].numel()) < NARROW:
        return "8"
    return scheme.table_bits if table else scheme.bits
