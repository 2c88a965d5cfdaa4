"""The shape of a convolutional network, and how it follows from one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from torch import nn

from armillary.core.errors import ConfigError
from armillary.models.base import MODELS, ModelConfig
from armillary.models.cnn.acoustic import AcousticCNN
from armillary.models.cnn.causal import CausalCNN, cycle_length
from armillary.models.cnn.residual import ResNet
from armillary.models.cnn.text import TextCNN
from armillary.models.sizing import WIDTHS, member_at_size

IMAGE_ASPECT = 32  # channels of the first stage over blocks in a stage: ResNet-18 has 64 and 2
TEXT_ASPECT = 96  # channels over cycles of dilations
SOUND_ASPECT = 32  # channels over blocks that hear
FEWEST_HEARING = 4  # blocks, which together hear 0.6 s to each side
SOUND_EXPANSION = 4  # channels inside a block that hears over those outside, as in ConvNeXt
DROPOUT = {("tokens", "class"): 0.5, ("frames", "ctc"): 0.1}  # where it is left open; elsewhere none
NARROW = (*range(2, 8), *range(8, 32, 4), *(w for w in WIDTHS if w >= 32))  # a stage doubles its channels


@MODELS.register("cnn")
@dataclass(frozen=True, kw_only=True)
class CNNConfig(ModelConfig):
    """Residual network (images), TextCNN (text classification), causal convolutions (text generation).

    Recordings are heard by convolutions in time.
    """

    kind: ClassVar[str] = "cnn"
    supports: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        {("image", "class"), ("tokens", "class"), ("tokens", "next-token"), ("frames", "ctc")}
    )
    d_model: int = 32  # channels: of the first stage of an image, of a token
    n_layers: int | None = None  # blocks (images: in each stage); None: by the rule of ``with_width``
    expansion: float = (
        1.0  # channels inside a block over those outside; TextCNN: filters of a width over d_model
    )
    kernel_size: int = 2  # text generation: taps of a convolution
    filter_widths: tuple[int, ...] = (3, 4, 5)  # TextCNN: tokens that a filter spans
    frames_a_step: int = 3  # recordings: frames of 10 ms that become one step (Sak et al. 2015)
    dropout: float | None = None  # None: 0.5 for TextCNN as in Kim 2014, 0.1 for recordings, else 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kernel_size < 2:
            raise ConfigError("kernel_size is 2 or more: with one tap a token never sees the one before")
        if not self.filter_widths or min(self.filter_widths) < 1:
            raise ConfigError(f"filter_widths are tokens, 1 or more each, got {self.filter_widths}")
        if self.expansion <= 0:
            raise ConfigError(f"expansion is above 0, got {self.expansion}")

    def build(self) -> nn.Module:
        signature = self.check_signature()
        if signature.inputs == "image":
            return ResNet(
                signature,
                d_model=self.d_model,
                n_layers=self.depth,
                expansion=self.expansion,
                dropout=self.dropout_rate,
            )
        if signature.inputs == "frames":
            return AcousticCNN(
                signature,
                d_model=self.d_model,
                n_layers=self.depth,
                d_hidden=SOUND_EXPANSION * self.inner_width,
                dropout=self.dropout_rate,
                stride=self.frames_a_step,
            )
        if signature.outputs == "class":
            return TextCNN(
                signature,
                d_model=self.d_model,
                n_filters=self.inner_width,
                widths=self.filter_widths,
                dropout=self.dropout_rate,
            )
        return CausalCNN(
            signature,
            d_model=self.d_model,
            n_layers=self.depth,
            d_hidden=self.inner_width,
            kernel_size=self.kernel_size,
            dropout=self.dropout_rate,
        )

    def at_size(self, n_params: float) -> Self:
        """Return the member with ``n_params`` parameters, shaped by ``with_width``."""
        return member_at_size(n_params, self.with_width, type(self).stretched, NARROW)

    def with_width(self, d_model: int) -> Self:
        """Return the member of this width; depth follows it, as the two grow together in a Transformer.

        Images: one block in a stage up to 32 channels, and one more for each 32 channels beyond, so
        that 64 give ResNet-18.  Text generation: one cycle of dilations for every 96 channels, at least
        one, so that the shallowest network sees the whole text.
        """
        return self.replace(d_model=d_model, n_layers=self._depth_at(d_model), expansion=1.0)

    def stretched(self, factor: float) -> Self:
        """Return this shape with the width inside its blocks ``factor`` times that outside."""
        return self.replace(expansion=round(factor, 3))

    @property
    def depth(self) -> int:
        """Number of blocks (images: in each stage)."""
        return self._depth_at(self.d_model) if self.n_layers is None else self.n_layers

    def _depth_at(self, d_model: int) -> int:
        if self.signature.inputs == "image":
            return max(1, round(d_model / IMAGE_ASPECT))
        if self.signature.inputs == "frames":
            return max(FEWEST_HEARING, round(d_model / SOUND_ASPECT))
        if self.signature.outputs == "class":
            return 1
        return max(1, round(d_model / TEXT_ASPECT)) * cycle_length(self.signature.length, self.kernel_size)

    @property
    def inner_width(self) -> int:
        """Channels inside a block of a text network, or filters of each width."""
        return max(1, round(self.expansion * self.d_model))

    @property
    def dropout_rate(self) -> float:
        """Probability that a unit is dropped in training."""
        if self.dropout is not None:
            return self.dropout
        return DROPOUT.get((self.signature.inputs, self.signature.outputs), 0.0)
