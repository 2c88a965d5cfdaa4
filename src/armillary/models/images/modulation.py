"""How time and what is wanted steer a network: by scales and shifts of what is normalized."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from armillary.models.layers.initial import Linear

N_WAVES = 64  # sines, and as many cosines
FASTEST = 1000.0  # radians over the whole of time: a step of diffusion's thousand is one of them
LONGEST = 10_000.0  # ratio of the slowest wave to the fastest (Vaswani et al. 2017)


def time_waves(times: Float[Tensor, " batch"]) -> Float[Tensor, "batch waves"]:
    """Return sines and cosines of times in [0, 1] (Peebles & Xie 2023, after Vaswani et al. 2017)."""
    frequencies = FASTEST * LONGEST ** (-torch.arange(N_WAVES, device=times.device) / N_WAVES)
    angles = times[:, None] * frequencies
    return torch.cat((angles.sin(), angles.cos()), 1).to(times.dtype)


class Steering(nn.Module):
    """Time and the vector of what is wanted, each through its own map, added (Peebles & Xie 2023, 3.2)."""

    def __init__(self, d_condition: int, d_model: int) -> None:
        super().__init__()
        self.of_time = nn.Sequential(
            Linear(2 * N_WAVES, d_model, bias=True), nn.SiLU(), Linear(d_model, d_model, bias=True)
        )
        self.of_condition = Linear(d_condition, d_model, bias=True)

    def forward(
        self, times: Float[Tensor, " batch"], vector: Float[Tensor, "batch d_condition"]
    ) -> Float[Tensor, "batch d_model"]:
        added: Tensor = self.of_time(time_waves(times)) + self.of_condition(vector)
        return F.silu(added) * math.sqrt(2)  # silu halves the mean square of what is about normal


class ZeroLinear(nn.Linear):
    """A linear map that starts at zero, so that what it steers starts as if it were not there."""

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


def modulated(
    x: Float[Tensor, "batch seq d_model"],
    shift: Float[Tensor, "batch d_model"],
    scale: Float[Tensor, "batch d_model"],
) -> Float[Tensor, "batch seq d_model"]:
    """Return layer norm of ``x``, without gain and bias of its own, times (1 + scale), plus shift."""
    return torch.addcmul(shift[:, None], F.layer_norm(x, x.shape[-1:], eps=1e-6), 1 + scale[:, None])
