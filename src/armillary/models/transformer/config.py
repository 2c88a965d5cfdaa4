"""The shape of a Transformer, and how it follows from one number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from torch import nn

from armillary.core.errors import ConfigError
from armillary.models.base import MODELS, ModelConfig
from armillary.models.layers.block import BlockConfig
from armillary.models.layers.feed_forward import Activation
from armillary.models.layers.norms import NormKind
from armillary.models.layers.positions import PositionKind
from armillary.models.sizing import member_at_size
from armillary.models.transformer.acoustic import AcousticTransformer
from armillary.models.transformer.decoder import Decoder
from armillary.models.transformer.encoder import Encoder
from armillary.models.transformer.encoder_decoder import EncoderDecoder
from armillary.models.transformer.vision import VisionTransformer

ASPECT = 64  # d_model over n_layers
DROPOUT = {
    "next-token": 0.0,
    "class": 0.1,
    "tokens": 0.2,
    "ctc": 0.1,
}  # by what is written, where it is left open
MIN_LAYERS = 2  # the fewest that can copy what followed an earlier token (Olsson et al. 2022)


@MODELS.register("transformer")
@dataclass(frozen=True, kw_only=True)
class TransformerConfig(ModelConfig):
    """Decoder (text generation), encoder (classes, recordings), both (pairs of texts, recordings), vision.

    Where a text is turned into another this is T5 in its second form (Raffel et al. 2020, Shazeer 2020),
    which other libraries open and run fast.  On 23 thousand pairs it needed a third fewer steps to the same
    loss than with sinusoidal positions, layer norm and ReLU.
    """

    kind: ClassVar[str] = "transformer"
    supports: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        {
            ("tokens", "next-token"),
            ("tokens", "class"),
            ("tokens", "tokens"),
            ("image", "class"),
            ("frames", "ctc"),
            ("frames", "tokens"),
        }
    )
    d_model: int = 64  # width of the residual stream
    n_layers: int = 2
    n_decoder_layers: int | None = None  # of what writes; None: n_layers.  A shallow decoder writes faster
    n_heads: int = 4
    d_ff: int | None = None  # hidden width of the feed-forward part; None: 8/3 d_model with swiglu, else 4
    positions: PositionKind | None = None  # None: relative for pairs of texts, learnt for images, else rope
    norm: NormKind = "rms"
    norm_first: bool = True
    activation: Activation = "swiglu"
    bias: bool = False  # of the linear maps inside the blocks
    dropout: float | None = (
        None  # None: 0 where the next token is learnt, 0.2 where a text is written, else 0.1
    )
    copy: bool = False  # pairs of texts: a pointer may also take a token from the source (See et al. 2017)
    frames_a_step: int = 3  # recordings: frames of 10 ms that become one step (Sak et al. 2015)
    patch_size: int | None = None  # images: pixels on a side; None: from the size of the image
    class_token: bool = False  # images: read the class from a token of its own, not from the mean

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.d_model % self.n_heads:
            raise ConfigError(f"d_model={self.d_model} does not divide into n_heads={self.n_heads}")
        if self.position_kind == "rope" and self.d_model // self.n_heads % 2:
            raise ConfigError(
                f"positions=rope turns pairs of channels, but a head has {self.d_model // self.n_heads}; "
                "choose d_model / n_heads even, or positions=sinusoidal"
            )
        if self.copy and self.signature.inputs == "frames":
            raise ConfigError("copy takes tokens from a text that is read; a recording has none")

    def build(self) -> nn.Module:
        signature = self.check_signature()
        if signature.outputs == "tokens":
            encoder, decoder = self.block, self.decoder_block
            stride = self.frames_a_step
            return EncoderDecoder(
                signature, encoder, decoder, self.position_kind, copies=self.copy, stride=stride
            )
        if signature.inputs == "frames":
            return AcousticTransformer(signature, self.block, self.position_kind, self.frames_a_step)
        if signature.outputs == "next-token":
            return Decoder(signature, self.block, self.position_kind)
        if signature.inputs == "tokens":
            return Encoder(signature, self.block, self.position_kind)
        return VisionTransformer(signature, self.block, self.position_kind, self.patch_size, self.class_token)

    def at_size(self, n_params: float) -> Self:
        """Return the member with ``n_params`` parameters; shaped by ``with_width``."""
        return member_at_size(n_params, self.with_width, type(self).stretched)

    def with_width(self, d_model: int) -> Self:
        """Return the member of this width, grown by one rule.

        Depth is d_model / 64, two layers at least: the loss depends little on this ratio between about
        20 and 200 (Kaplan et al. 2020, figure 5), and 64 is where GPT-2 and nanochat stand.  Heads are
        16 wide in small models (32 for pairs of texts), 64 as in GPT-2 in larger ones, 128 in the largest.
        """
        n_layers = max(MIN_LAYERS, round(d_model / ASPECT))
        return self.replace(d_model=d_model, n_layers=n_layers, n_heads=self._n_heads(d_model), d_ff=None)

    def stretched(self, factor: float) -> Self:
        """Return this shape with its feed-forward part ``factor`` times its usual width."""
        multiple = 8 if self.d_model >= 64 else 1
        return self.replace(d_ff=multiple * max(1, round(factor * self._usual_d_ff / multiple)))

    @property
    def position_kind(self) -> PositionKind:
        """How places are told: by distance in a text, each by itself in an image.

        In an image of digits it matters where a stroke is, not only where it lies from the next: with
        50k parameters on the 8x8 digits, learnt places reach 98% and rotary ones 92%.
        """
        if self.positions is not None:
            return self.positions
        if (self.signature.inputs, self.signature.outputs) == ("tokens", "tokens"):
            return "relative"
        return "learnt" if self.signature.inputs == "image" else "rope"

    @property
    def hidden_width(self) -> int:
        """Hidden width of the feed-forward part."""
        return self._usual_d_ff if self.d_ff is None else self.d_ff

    @property
    def _usual_d_ff(self) -> int:
        """4 d_model (Vaswani et al. 2017); two thirds of it for swiglu's three matrices (Shazeer 2020)."""
        return round(8 * self.d_model / 3) if self.activation == "swiglu" else 4 * self.d_model

    @property
    def dropout_rate(self) -> float:
        """Probability that a unit is dropped in training."""
        if self.dropout is not None:
            return self.dropout
        return DROPOUT[self.signature.outputs]

    @property
    def block(self) -> BlockConfig:
        """The shape of one block, of the encoder where there are two stacks."""
        return BlockConfig(
            d_model=self.d_model,
            n_heads=self.n_heads,
            d_ff=self.hidden_width,
            n_layers=self.n_layers,
            norm=self.norm,
            norm_first=self.norm_first,
            activation=self.activation,
            bias=self.bias,
            dropout=self.dropout_rate,
            causal=self.signature.outputs == "next-token",
        )

    @property
    def decoder_block(self) -> BlockConfig:
        """The shape of one block of the decoder that stands behind an encoder."""
        n_layers = self.n_decoder_layers or self.n_layers
        return self.block.replace(n_layers=n_layers, causal=True, cross=True)

    def _n_heads(self, d_model: int) -> int:
        """Return the largest number of even heads not narrower than the usual width of a head."""
        widths = (
            (256, 32 if self.signature.outputs == "tokens" else 16),
            (512, 32),
            (2048, 64),
            (math.inf, 128),
        )
        d_head = next(width for bound, width in widths if d_model < bound)
        counts = range(max(1, d_model // d_head), 0, -1)
        return next((n for n in counts if d_model % (2 * n) == 0), 1)
