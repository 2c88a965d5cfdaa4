"""The optimizer on groups of parameters, and gradient clipping without a pass too many."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from armillary.models.layers.initial import Readout
from armillary.training.config import OptimConfig
from armillary.training.muon import MARK, Muon

EPSILON = 1e-8  # AdamW's, and what keeps the clipping ratio finite


def make_optimizer(model: nn.Module, config: OptimConfig) -> torch.optim.AdamW:
    """Return what moves the weights of ``model``, with its fused kernel where there is one.

    ``config`` has nothing left to derive.  Weight decay shrinks matrices and kernels only: a norm's
    gain, a bias or an embedding row has no direction that a smaller norm would make simpler.
    """
    assert config.lr is not None
    assert config.beta2 is not None
    assert config.weight_decay is not None
    decayed, kept = decay_groups(model)
    chosen = {id(p) for p in matrices(model)} if config.algorithm == "muon" else set()
    groups = [
        {"params": [p for p in decayed if id(p) in chosen], "weight_decay": config.weight_decay, MARK: True},
        {"params": [p for p in decayed if id(p) not in chosen], "weight_decay": config.weight_decay},
        {"params": kept, "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    kernel = functools.partial(
        Muon if config.algorithm == "muon" else torch.optim.AdamW,
        groups,
        lr=config.lr,
        betas=(config.beta1, config.beta2),
        eps=EPSILON,
    )
    try:
        return kernel(fused=True)
    except RuntimeError:  # this device or number type has no fused kernel
        return kernel(foreach=True)


def decay_groups(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Return (parameters that weight decay shrinks, the others), a tied parameter once."""
    tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    decayed: list[nn.Parameter] = []
    kept: list[nn.Parameter] = []
    for parameter in model.parameters():
        matrix = sum(size > 1 for size in parameter.shape) >= 2 and id(parameter) not in tables
        (decayed if matrix else kept).append(parameter)
    return decayed, kept


def matrices(model: nn.Module) -> list[nn.Parameter]:
    """Return what Muon moves: matrices from features to features, so neither tables nor maps to scores."""
    ends = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding | Readout)}
    return [p for p in model.parameters() if p.ndim == 2 and min(p.shape) > 1 and id(p) not in ends]


def clip_(gradients: list[Tensor], largest: float) -> Float[Tensor, ""]:
    """Scale ``gradients`` in place so that their joint norm is at most ``largest``; return the norm before.

    ``largest`` = 0: only measure.  (Pascanu et al. 2013.)  An accelerator is not waited for; on a CPU,
    where looking is free, a gradient that is small enough is spared the pass.
    """
    norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    small = norm.device.type == "cpu" and bool(norm <= largest)
    if largest > 0 and not small:
        torch._foreach_mul_(gradients, torch.clamp(largest / (norm + EPSILON), max=1.0))
    return norm


def gradients_of(parameters: Iterable[nn.Parameter]) -> list[Tensor]:
    """Return the gradients that the last backward pass left."""
    return [p.grad for p in parameters if p.grad is not None]
