"""The families that draw, and how their shapes follow from one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from torch import nn

from armillary.core.errors import ConfigError
from armillary.models.base import MODELS, ModelConfig
from armillary.models.images.adversaries import Discriminator, Generator
from armillary.models.images.autoregressive import Autoregressive
from armillary.models.images.code_prior import CodePrior
from armillary.models.images.codes import LEVELS, ImageCodes
from armillary.models.images.conditioning import CaptionEncoder
from armillary.models.images.diffusion_transformer import DiffusionTransformer
from armillary.models.images.flow_model import FlowModel
from armillary.models.images.gan import GAN, Critic
from armillary.models.images.unet import UNet
from armillary.models.layers.block import BlockConfig
from armillary.models.sizing import member_at_size

DRAWS = frozenset({("tokens", "image")})
CAPTION_LAYERS = 2
CAPTION_HEAD = 16  # channels of a head that reads captions
ASPECT = 32  # d_model over n_layers of a Transformer that draws
D_HEAD = 32
MIN_LAYERS = 4


@dataclass(frozen=True, kw_only=True)
class DrawingConfig(ModelConfig):
    """What the families that draw have in common: captions, read by a small Transformer."""

    supports: ClassVar[frozenset[tuple[str, str]]] = DRAWS
    d_model: int = 64  # channels at full size, or the width of the stream
    d_condition: int | None = None  # width of a caption's vectors; None: by the rule of the family

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the images."""
        return self.signature.channels, self.signature.height, self.signature.width

    @property
    def condition_width(self) -> int:
        """Width of a caption's vectors."""
        return self.d_condition or max(CAPTION_HEAD, min(256, self.d_model // 16 * 16))

    def caption_encoder(self) -> CaptionEncoder:
        """Return a reader of captions with fresh weights."""
        width = self.condition_width
        block = BlockConfig(
            d_model=width, n_heads=width // CAPTION_HEAD, d_ff=2 * width, n_layers=CAPTION_LAYERS
        )
        return CaptionEncoder(self.signature.vocab_size, self.signature.length, block)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.d_condition is not None and self.d_condition % CAPTION_HEAD:
            raise ConfigError(f"d_condition is a multiple of {CAPTION_HEAD}, got {self.d_condition}")


@MODELS.register("flow-transformer")
@dataclass(frozen=True, kw_only=True)
class FlowTransformerConfig(DrawingConfig):
    """Flow matching with a diffusion Transformer over patches (Peebles & Xie 2023)."""

    kind: ClassVar[str] = "flow-transformer"
    n_layers: int = 4
    n_heads: int = 2
    d_ff: int | None = None  # None: 4 d_model
    patch_size: int | None = None  # pixels a side; None: from the size of the image

    def build(self) -> nn.Module:
        self.check_signature()
        velocity = DiffusionTransformer(
            *self.shape,
            d_condition=self.condition_width,
            d_model=self.d_model,
            n_layers=self.n_layers,
            n_heads=self.n_heads,
            d_ff=self.d_ff,
            patch_size=self.patch_size,
        )
        return FlowModel(self.caption_encoder(), velocity, self.shape)

    def at_size(self, n_params: float) -> Self:
        """Return the member with ``n_params`` parameters, shaped by ``with_width``."""
        return member_at_size(n_params, self.with_width, type(self).stretched, range(16, 2049, 16))

    def with_width(self, d_model: int) -> Self:
        """Return the member of this width: four layers, and one more for each 32 channels beyond 128."""
        n_layers = max(MIN_LAYERS, round(d_model / ASPECT))
        n_heads = max(1, d_model // D_HEAD) if d_model % D_HEAD == 0 else max(1, d_model // 16)
        return self.replace(d_model=d_model, n_layers=n_layers, n_heads=n_heads, d_ff=None)

    def stretched(self, factor: float) -> Self:
        """Return this shape with feed-forward parts ``factor`` times as wide."""
        return self.replace(d_ff=max(4, round(factor * self.d_model) * 4))


@MODELS.register("flow-cnn")
@dataclass(frozen=True, kw_only=True)
class FlowCNNConfig(DrawingConfig):
    """Flow matching with a U-Net of steered residual blocks (Dhariwal & Nichol 2021)."""

    kind: ClassVar[str] = "flow-cnn"
    every_size: ClassVar[bool] = False  # channels come in groups of 16: that is the step
    d_model: int = 32  # channels at full size, a multiple of 16
    n_blocks: int = 1  # of a level

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.d_model % 16:
            raise ConfigError(f"d_model of {self.kind} is a multiple of 16, got {self.d_model}")

    def build(self) -> nn.Module:
        self.check_signature()
        unet = UNet(
            self.signature.channels,
            d_condition=self.condition_width,
            d_model=self.d_model,
            n_levels=self.n_levels,
            n_blocks=self.n_blocks,
        )
        return FlowModel(self.caption_encoder(), unet, self.shape)

    @property
    def n_levels(self) -> int:
        """Sizes that the image is looked at in: the coarsest has 4 to 8 cells a side, three at most."""
        side = min(self.signature.height, self.signature.width)
        return 3 if side >= 16 else 2

    def at_size(self, n_params: float) -> Self:
        """Return the member nearest to ``n_params`` parameters in channels, then in a caption's width."""
        return member_at_size(n_params, self.with_width, type(self).stretched, range(16, 1025, 16))

    def with_width(self, d_model: int) -> Self:
        """Return the member of this width."""
        return self.replace(d_model=d_model, d_condition=None)

    def stretched(self, factor: float) -> Self:
        """Return this shape with captions read ``factor`` times as wide."""
        return self.replace(d_condition=CAPTION_HEAD * max(1, round(factor * self.d_model / CAPTION_HEAD)))


@MODELS.register("gan")
@dataclass(frozen=True, kw_only=True)
class GANConfig(DrawingConfig):
    """A generator and a discriminator of residual convolutions, against each other (R3GAN)."""

    kind: ClassVar[str] = "gan"
    every_size: ClassVar[bool] = False  # channels come in groups of 8: that is the step
    d_model: int = 16  # channels of the finest stage of both, a multiple of 8
    n_blocks: int = 2  # of a stage
    d_noise: int = 64
    gamma: float = 1.0  # weight of the gradient penalties
    augments: bool = True  # real and drawn images alike are shifted, recoloured, holed before they are judged

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.d_model % 8:
            raise ConfigError(f"d_model of {self.kind} is a multiple of 8, got {self.d_model}")
        if self.gamma < 0:
            raise ConfigError(f"gamma is 0 or more, got {self.gamma}")

    def build(self) -> nn.Module:
        self.check_signature()
        d_condition, d_model, n_blocks = self.condition_width, self.d_model, self.n_blocks
        generator = Generator(
            *self.shape, d_condition=d_condition, d_model=d_model, n_blocks=n_blocks, d_noise=self.d_noise
        )
        discriminator = Discriminator(
            *self.shape, d_condition=d_condition, d_model=d_model, n_blocks=n_blocks
        )
        critic = Critic(self.caption_encoder(), discriminator)
        return GAN(self.caption_encoder(), generator, critic, gamma=self.gamma, augments=self.augments)

    @property
    def condition_width(self) -> int:
        """Width of a caption's vectors."""
        return self.d_condition or max(32, min(256, 2 * self.d_model // 16 * 16))

    def at_size(self, n_params: float) -> Self:
        """Return the member nearest to ``n_params`` parameters, of both players, in channels and captions."""
        return member_at_size(n_params, self.with_width, type(self).stretched, range(8, 513, 8))

    def with_width(self, d_model: int) -> Self:
        """Return the member of this width."""
        return self.replace(d_model=d_model, d_condition=None)

    def stretched(self, factor: float) -> Self:
        """Return this shape with captions read ``factor`` times as wide."""
        usual = max(2, 2 * self.d_model // CAPTION_HEAD)
        return self.replace(d_condition=CAPTION_HEAD * max(1, round(factor * usual)))


@MODELS.register("autoregressive")
@dataclass(frozen=True, kw_only=True)
class AutoregressiveConfig(DrawingConfig):
    """An autoencoder with finite scalar codes, and a Transformer that writes them after the caption."""

    kind: ClassVar[str] = "autoregressive"
    n_layers: int = 4
    n_heads: int = 4
    d_ff: int | None = None  # None: 8/3 d_model, three matrices of swiglu
    d_codes: int = 32  # channels of the autoencoder at half size, a multiple of 8
    levels: tuple[int, ...] = LEVELS  # of each number of a code
    dropout: float = 0.1

    def build(self) -> nn.Module:
        self.check_signature()
        codes = ImageCodes(*self.shape, d_model=self.d_codes, levels=self.levels)
        block = BlockConfig(
            d_model=self.d_model,
            n_heads=self.n_heads,
            d_ff=self.d_ff or round(8 * self.d_model / 3),
            n_layers=self.n_layers,
            dropout=self.dropout,
        )
        width = self.condition_width
        prior = CodePrior(codes.n_codes, codes.rows, codes.columns, d_condition=width, block=block)
        return Autoregressive(self.caption_encoder(), codes, prior)

    def at_size(self, n_params: float) -> Self:
        """Return the member with ``n_params`` parameters, shaped by ``with_width``."""
        return member_at_size(n_params, self.with_width, type(self).stretched, range(16, 2049, 16))

    def with_width(self, d_model: int) -> Self:
        """Return the member of this width: four layers, and one more for each 32 channels beyond 128."""
        n_layers, d_codes = max(MIN_LAYERS, round(d_model / ASPECT)), max(8, d_model // 16 * 8)
        n_heads = max(1, d_model // 16 if d_model < 128 else d_model // D_HEAD)
        n_heads = next(n for n in range(n_heads, 0, -1) if d_model % n == 0)
        return self.replace(d_model=d_model, n_layers=n_layers, n_heads=n_heads, d_codes=d_codes, d_ff=None)

    def stretched(self, factor: float) -> Self:
        """Return this shape with feed-forward parts ``factor`` times as wide."""
        return self.replace(d_ff=max(4, round(factor * 8 * self.d_model / 3)))
