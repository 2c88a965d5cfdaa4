"""The weights of a run in its file, packed where the run is quantized, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from armillary.core.files import atomic_path
from armillary.models.quantization import packed, unpacked
from armillary.training.config import RunConfig
from armillary.training.weights import read_tensors, write_tensors


def write_weights(path: Path, config: RunConfig, weights: Mapping[str, Tensor]) -> None:
    """Write the unrounded ``weights`` of a run, atomically.

    RequestError names a tensor that cannot be quantized, CheckpointError the file when the disk refuses.
    """
    if config.quantization is not None:
        weights = packed(_shape_of(config), config.quantization, weights)
    with atomic_path(path) as part:
        write_tensors(part, weights)


def read_weights(path: Path, config: RunConfig) -> dict[str, Tensor]:
    """Return what ``write_weights`` wrote, rounded; CheckpointError when it is missing or damaged."""
    tensors = read_tensors(path)
    if config.quantization is None:
        return tensors
    return unpacked(_shape_of(config), config.quantization, tensors)


def _shape_of(config: RunConfig) -> nn.Module:
    """Return the model without numbers."""
    with torch.device("meta"):
        return config.model.build()
