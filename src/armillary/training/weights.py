"""Tensors on disk, as safetensors only: plain names, tied tensors once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from armillary.core.errors import CheckpointError
from armillary.training.parallel import fill, local

METADATA = {"format": "pt"}  # what other readers of safetensors look for


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write ``tensors`` by name; CheckpointError, naming the file, when the disk refuses."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in distinct(tensors).items()}
    try:
        safetensors.torch.save_file(plain, path, metadata=METADATA)
    except safetensors.SafetensorError as error:
        raise CheckpointError(f"cannot write {path.parent.name}/{path.name}: {error}") from error


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file by name; CheckpointError, naming it, when it is missing or damaged."""
    try:
        return safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error


def distinct(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return ``tensors`` without those that are another name of an earlier one, such as tied weights."""
    seen: set[tuple[int, torch.Size, tuple[int, ...]]] = set()
    kept = {}
    for name, tensor in tensors.items():
        key = (local(tensor).data_ptr(), tensor.shape, tensor.stride())
        if tensor.numel() == 0 or key not in seen:
            kept[name] = tensor
        seen.add(key)
    return kept


def load_weights(model: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Copy ``tensors``, read from ``path``, into ``model``; CheckpointError when they are another model's."""
    wanted = distinct(model.state_dict())
    missing, extra = sorted(set(wanted) - set(tensors)), sorted(set(tensors) - set(wanted))
    if missing or extra:
        named = f"lacks {missing[0]!r}" if missing else f"has {extra[0]!r}, which the model has not"
        raise CheckpointError(f"{path} holds the weights of another model: it {named}")
    for name, tensor in wanted.items():
        if tensor.shape != tensors[name].shape:
            raise CheckpointError(
                f"{path} holds the weights of another model: {name!r} is {tuple(tensors[name].shape)}, "
                f"the model's is {tuple(tensor.shape)}"
            )
        fill(tensor, tensors[name])
