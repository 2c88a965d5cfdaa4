"""How an image is drawn, by any family that draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from armillary.core.config import Config
from armillary.core.errors import ConfigError
from armillary.models.images.conditioning import Conditioning
from armillary.models.images.flow import Sampler

Images = Float[Tensor, "batch channels height width"]
Captions = Int[Tensor, "batch seq"]
Lengths = Int[Tensor, " batch"]


@dataclass(frozen=True, kw_only=True)
class Drawing(Config):
    """What a user may set; a family reads what is about it."""

    seed: int = 0  # of the first image; the next has the next one
    n_steps: int = 20  # flow: steps from noise to image
    sampler: Sampler = "heun"  # flow: euler costs half as much a step
    guidance: float = 1.5  # flow, autoregressive: how far beyond what the caption asks for; 1: not beyond
    temperature: float = 1.0  # autoregressive: scores are divided by it; gan: noise is multiplied by it
    top_k: int | None = None  # autoregressive: draw among this many likeliest codes

    def __post_init__(self) -> None:
        allowed = (
            (self.n_steps >= 1, "n_steps", "1 or more"),
            (self.guidance >= 0, "guidance", "0 or more"),
            (self.temperature > 0, "temperature", "above 0"),
            (self.top_k is None or self.top_k >= 1, "top_k", "1 or more, or none"),
        )
        for holds, name, what in allowed:
            if not holds:
                raise ConfigError(f"{name} is {what}, got {getattr(self, name)}")


@runtime_checkable
class DrawingModel(Protocol):
    """A model of signature ("tokens", "image"); pixels are from -1 to 1."""

    def __call__(self, images: Images, captions: Captions, lengths: Lengths | None = None) -> Tensor:
        """Return the loss of images with these captions."""

    def conditioning(self, captions: Captions, lengths: Lengths | None = None) -> Conditioning:
        """Return what captions ask for."""

    def draw(self, wanted: Conditioning, how: Drawing, seeds: Sequence[int]) -> Images:
        """Return an image for each row of ``wanted``; its seed decides it, not the rows beside it."""


def noise_of(seeds: Sequence[int], *shape: int) -> Float[Tensor, batch * shape]:
    """Return standard normal noise, each row from a seed of its own."""
    return torch.stack([torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
