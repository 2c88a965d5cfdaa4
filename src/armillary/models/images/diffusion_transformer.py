"""The diffusion Transformer: patches of an image, steered by adaptive layer norm (Peebles & Xie 2023)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from armillary.models.images.conditioning import Conditioning
from armillary.models.images.modulation import Steering, ZeroLinear, modulated
from armillary.models.layers.attention import CrossAttention, SelfAttention, padding_mask
from armillary.models.layers.feed_forward import FeedForward
from armillary.models.layers.initial import Linear
from armillary.models.layers.norms import RMSNorm
from armillary.models.layers.positions import Sinusoidal, grid
from armillary.models.transformer.vision import cut_into_patches, patch_side


class SteeredBlock(nn.Module):
    """A Transformer block with adaptive layer norm that starts as the identity (adaLN-Zero, section 3.2).

        x + gate_1 attention(norm(x) (1 + scale_1) + shift_1)
        x + cross(norm(x), tokens of the caption)               Chen et al. 2024, PixArt-alpha, section 2.3
        x + gate_2 feed_forward(norm(x) (1 + scale_2) + shift_2)

    Shifts, scales and gates are linear in the steering vector; cross-attention, where the caption has
    tokens, starts at zero too.
    """

    def __init__(self, d_model: int, n_heads: int, d_ff: int, d_condition: int) -> None:
        super().__init__()
        self.modulation = ZeroLinear(d_model, 6 * d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.norm_cross = RMSNorm(d_model)
        self.to_memory = Linear(d_condition, d_model)
        self.cross_attention = CrossAttention(d_model, n_heads)
        self.cross_gate = nn.Parameter(torch.zeros(d_model))
        self.feed_forward = FeedForward(d_model, d_ff, activation="gelu", bias=True)

    def forward(
        self,
        x: Float[Tensor, "batch seq d_model"],
        steering: Float[Tensor, "batch d_model"],
        condition: Conditioning,
    ) -> Float[Tensor, "batch seq d_model"]:
        shift_1, scale_1, gate_1, shift_2, scale_2, gate_2 = self.modulation(steering).chunk(6, 1)
        x = x + gate_1[:, None] * self.attention(modulated(x, shift_1, scale_1))
        if condition.tokens is not None:
            memory = self.cross_attention.read(self.to_memory(condition.tokens), padding_mask(condition.real))
            x = x + self.cross_gate * self.cross_attention(self.norm_cross(x), memory)
        steered: Tensor = x + gate_2[:, None] * self.feed_forward(modulated(x, shift_2, scale_2))
        return steered


class DiffusionTransformer(nn.Module):
    """The velocity of an image at a time, towards what is wanted; zero before training."""

    def __init__(
        self,
        channels: int,
        height: int,
        width: int,
        *,
        d_condition: int,
        d_model: int,
        n_layers: int,
        n_heads: int,
        d_ff: int | None = None,
        patch_size: int | None = None,
    ) -> None:
        """``d_ff`` is 4 d_model and ``patch_size`` (pixels a side) from the image's size, unless given."""
        super().__init__()
        side = self.side = patch_size or patch_side(height, width)
        self.rows, self.columns = math.ceil(height / side), math.ceil(width / side)
        self.patches = Linear(channels * side * side, d_model, bias=True)
        self.positions = Sinusoidal(grid(self.rows, self.columns), d_model)
        self.steering = Steering(d_condition, d_model)
        self.blocks = nn.ModuleList(
            SteeredBlock(d_model, n_heads, d_ff or 4 * d_model, d_condition) for _ in range(n_layers)
        )
        self.last_modulation = ZeroLinear(d_model, 2 * d_model)
        self.head = ZeroLinear(d_model, channels * side * side)

    def forward(
        self,
        images: Float[Tensor, "batch channels height width"],
        times: Float[Tensor, " batch"],
        condition: Conditioning,
    ) -> Float[Tensor, "batch channels height width"]:
        x = self.patches(cut_into_patches(images, self.side))
        x = x + self.positions(0, x.shape[1])
        steering = self.steering(times, condition.vector)
        for block in self.blocks:
            x = block(x, steering, condition)
        x = self.head(modulated(x, *self.last_modulation(steering).chunk(2, 1)))
        return put_together(x, self.rows, self.columns, self.side)[..., : images.shape[2], : images.shape[3]]


def put_together(
    patches: Float[Tensor, "batch patches pixels"], rows: int, columns: int, side: int
) -> Float[Tensor, "batch channels height width"]:
    """Return the image that ``cut_into_patches`` cuts so, padding included."""
    cells = patches.unflatten(1, (rows, columns)).unflatten(3, (-1, side, side))
    image: Tensor = cells.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)
    return image
