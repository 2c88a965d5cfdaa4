"""Flow matching: a velocity field that carries noise to images along straight paths.

Lipman et al. 2023, with the path of optimal transport (eqs. 20 to 23 for sigma_min = 0), which is Liu et
al.'s rectified flow: at time t from 0 (noise z) to 1 (image x)

    x_t = (1 - t) z + t x,        d x_t / dt = x - z

The network learns the mean of that velocity given x_t and t; a sample is noise carried from 0 to 1 by
dx/dt = v(x, t).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from armillary.core.errors import ConfigError
from armillary.models.images.conditioning import Conditioning

Times = Float[Tensor, " batch"]
Points = Float[Tensor, "batch *shape"]  # images, or points of any other shape
Velocity = Callable[[Tensor, Tensor], Tensor]  # (points, times) to the velocities of the points
ConditionalVelocity = Callable[[Tensor, Tensor, Conditioning], Tensor]

Sampler = Literal["euler", "heun"]
TimeDraw = Literal["uniform", "logit-normal"]


def draw_times(n: int, how: TimeDraw = "logit-normal", device: torch.device | None = None) -> Times:
    """Return ``n`` training times in (0, 1).

    ``logit-normal``, the sigmoid of a standard normal, has more of them in the middle of the path, where
    the velocity is hardest to tell (Esser et al. 2024, section 3.1).
    """
    if how == "uniform":
        return torch.rand(n, device=device)
    return torch.randn(n, device=device).sigmoid()


def between(noise: Points, images: Points, times: Times) -> Points:
    """Return the points of the straight paths from ``noise`` to ``images`` at ``times``."""
    t = times.view(-1, *[1] * (images.ndim - 1))
    return torch.lerp(noise, images, t)


def flow_matching_loss(velocity: Velocity, images: Points, noise: Points, times: Times) -> Float[Tensor, ""]:
    """Return the mean squared error of the velocity per number of an image (Lipman et al. 2023, eq. 23)."""
    predicted = velocity(between(noise, images, times), times)
    return (predicted - (images - noise)).square().mean()


def guided(
    velocity: ConditionalVelocity, wanted: Conditioning, nothing: Conditioning, scale: float
) -> Velocity:
    """Return the velocity towards what is ``wanted``, ``scale`` times as far from that towards ``nothing``.

        v = v(x, t, nothing) + scale (v(x, t, wanted) - v(x, t, nothing))

    Classifier-free guidance (Ho & Salimans 2022, eq. 6, whose w is scale - 1).  A scale of 1 is the plain
    conditional velocity and costs one call; others make one of a batch of twice the size.
    """
    if scale == 1:
        return lambda x, t: velocity(x, t, wanted)
    both = nothing.joined(wanted)

    def extrapolated(x: Tensor, t: Tensor) -> Tensor:
        without, towards = velocity(torch.cat((x, x)), torch.cat((t, t)), both).chunk(2)
        return torch.lerp(without, towards, scale)

    return extrapolated


def integrate(velocity: Velocity, noise: Points, n_steps: int, sampler: Sampler = "heun") -> Points:
    """Return where ``noise`` is carried from time 0 to 1 in ``n_steps`` equal steps h.

        euler   x + h v(x, t)                                    error of the order h, one call a step
        heun    x + h/2 (v(x, t) + v(x + h v(x, t), t + h))      of the order h^2, two calls a step

    Raises ConfigError for fewer than one step.
    """
    if n_steps < 1:
        raise ConfigError(f"a sampler takes 1 step or more, got {n_steps}")
    h = 1 / n_steps
    x = noise
    for step in range(n_steps):
        slope = velocity(x, _times(x, step * h))
        if sampler == "heun":
            slope = (slope + velocity(x + h * slope, _times(x, (step + 1) * h))) / 2
        x = x + h * slope
    return x


def _times(x: Tensor, t: float) -> Times:
    return torch.full((len(x),), t, dtype=x.dtype, device=x.device)
