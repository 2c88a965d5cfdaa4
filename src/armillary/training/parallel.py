"""Lightning Fabric for a run's configuration, and tensors that several devices hold in shards."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TypeVar

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.model_parallel import ModelParallelStrategy
from lightning_fabric.strategies.strategy import Strategy
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from armillary.core.errors import ConfigError
from armillary.training.config import RunConfig

T = TypeVar("T")


def fabric_for(config: RunConfig) -> Fabric:
    """Return Fabric with the accelerator, devices, strategy and precision of ``config``, launched.

    Raises ConfigError when this machine has not what is asked for, or the batch cannot be shared out.
    """
    if config.precision == "16-mixed" and device_type(config) == "cpu":
        raise ConfigError("precision=16-mixed needs an accelerator; on a CPU use 32-true or bf16-mixed")
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it would announce every choice
    strategy: str | Strategy = config.strategy
    if strategy == "fsdp":
        strategy = ModelParallelStrategy(_shard, data_parallel_size=config.devices, tensor_parallel_size=1)
    try:
        fabric = Fabric(
            accelerator=config.accelerator,
            devices=config.devices,
            strategy=strategy,
            precision=None if config.precision == "auto" else config.precision,
        )
    except (ImportError, RuntimeError, ValueError) as error:
        raise ConfigError(f"accelerator={config.accelerator} devices={config.devices}: {error}") from error
    fabric.launch()
    return fabric


class Processes:
    """The processes that train one run together; each holds its share of every batch."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self.count = fabric.world_size
        self.first = fabric.is_global_zero  # the one that writes

    def wait(self) -> None:
        """Wait until all of them are here."""
        self._fabric.barrier()

    def same(self, value: T) -> T:
        """Return the first process's ``value`` in all of them."""
        return self._fabric.broadcast(value) if self.count > 1 else value

    def any(self, flag: bool) -> bool:
        """Return whether ``flag`` holds in any of them."""
        if self.count == 1:
            return flag
        flags = self._fabric.all_reduce(
            torch.tensor(float(flag), device=self._fabric.device), reduce_op="sum"
        )
        return bool(flags)


def device_type(config: RunConfig) -> str:
    """Return the kind of device that ``config`` trains on here: "cpu", "cuda", "mps", ..."""
    if config.accelerator in ("auto", "gpu"):
        found = torch.accelerator.current_accelerator()
        return found.type if found is not None and torch.accelerator.is_available() else "cpu"
    return config.accelerator


def whole(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return ``tensors`` with every shard put together again."""
    return {name: t.full_tensor() if isinstance(t, DTensor) else t for name, t in tensors.items()}


def reshard(model: nn.Module) -> None:
    """Drop the whole weights that an evaluation gathered: made without autograd, they are of no other use."""
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.reshard()


def local(tensor: Tensor) -> Tensor:
    """Return the part of ``tensor`` that this process holds, in the same memory."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def fill(target: Tensor, value: Tensor) -> Tensor:
    """Copy the whole tensor ``value`` into ``target``, which may be held in shards; return ``target``."""
    if isinstance(target, DTensor):
        value = distribute_tensor(value.to(target.device), target.device_mesh, target.placements)
    with torch.no_grad():
        return target.copy_(value)


def _shard(model: nn.Module, mesh: DeviceMesh) -> nn.Module:
    """Shard the weights of ``model``, those of a block only while it is at work (FSDP, Zhao et al. 2023).

    Blocks are the items of module lists; what lies outside them, tied embeddings included, is one group.
    """
    for blocks in [module for module in model.modules() if isinstance(module, nn.ModuleList)]:
        for block in blocks:
            if next(block.parameters(), None) is not None:
                fully_shard(block, mesh=mesh["data_parallel"])
    fully_shard(model, mesh=mesh["data_parallel"])
    return model
