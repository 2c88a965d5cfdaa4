"""What runs a trained model: torch, or an engine that runs the same weights faster.

An engine is a function from an opened model and the name of a device to the module that is asked from then
on.  Where it writes texts by itself, the module is a ``tasks.writers.Writer`` too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn

from armillary.core.errors import ConfigError
from armillary.core.registry import Registry

if TYPE_CHECKING:
    from armillary.inference.model import Model

Engine = Callable[["Model", str], nn.Module]

TORCH = "torch"  # the engine that asks the module itself

ENGINES: Registry[Engine] = Registry("engine", "engines")


@ENGINES.register(TORCH)
def torch_engine(model: Model, device: str) -> nn.Module:
    """Return the module of ``model`` on ``device``; ConfigError when that is not here."""
    named = named_device(device)
    try:
        return model.module.to(named)
    except (RuntimeError, AssertionError) as error:  # torch built without CUDA asserts
        raise unusable(device, error) from error


def named_device(device: str) -> torch.device:
    """Return the device of that name, of "auto" an accelerator where there is one; ConfigError for none."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return torch.device(device)
    except RuntimeError as error:
        raise unusable(device, error) from error


def unusable(device: str, error: Exception) -> ConfigError:
    """Return what to say of a device that cannot be used here."""
    reason = str(error).splitlines()[0]
    return ConfigError(f"device={device!r} cannot be used here: {reason}; cpu always can")
