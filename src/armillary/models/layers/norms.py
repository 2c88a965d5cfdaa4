"""Normalization of a vector by its own statistics: layer norm and root-mean-square norm."""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

NormKind = Literal["rms", "layer"]


def make_norm(kind: NormKind, width: int) -> nn.Module:
    """Return a norm over the last axis, of size ``width``.

    ``layer`` is LayerNorm (Ba et al. 2016): gain * (x - mean(x)) / sqrt(var(x) + eps) + bias.
    """
    return RMSNorm(width) if kind == "rms" else nn.LayerNorm(width)


class RMSNorm(nn.Module):
    """gain * x / sqrt(mean(x^2) + eps): layer norm without centring (Zhang & Sennrich 2019)."""

    def __init__(self, width: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch width"]:
        if _torch_has_a_fused_kernel(x):
            return F.rms_norm(x, self.weight.shape, self.weight, self.eps)
        normed: Tensor = _RMSNormOnCPU.apply(x, self.weight, self.eps)
        return normed


def _torch_has_a_fused_kernel(x: Tensor) -> bool:
    """True on accelerators and where a compiler fuses; without gradients there is little to fuse."""
    return not x.is_cpu or not torch.is_grad_enabled() or torch.compiler.is_compiling()


class _RMSNormOnCPU(torch.autograd.Function):
    """RMSNorm with its gradient written out: half the passes over memory of torch's own on a CPU.

    With n = x / rms(x), y = w n and G = w dL/dy:

        dL/dw = sum over rows of n dL/dy
        dL/dx = (G - n mean(G n)) / rms(x)
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        square_norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_()
        inverse_rms = square_norm.div_(x.shape[-1]).add_(eps).rsqrt_()
        normed = x * inverse_rms
        ctx.save_for_backward(normed, inverse_rms, weight)
        scaled: Tensor = normed * weight
        return scaled

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        normed, inverse_rms, weight = ctx.saved_tensors
        grad_times_normed = (grad * normed).flatten(0, -2)
        mean = torch.mv(grad_times_normed, weight).div_(weight.shape[0]).view_as(inverse_rms)
        grad_x = (grad * weight).addcmul_(normed, mean, value=-1.0).mul_(inverse_rms)
        return grad_x, grad_times_normed.sum(0), None
