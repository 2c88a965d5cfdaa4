"""The shape of a recurrent network, and how it follows from one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from torch import nn

from armillary.core.errors import ConfigError
from armillary.models.base import MODELS, ModelConfig
from armillary.models.lstm.acoustic import AcousticLSTM
from armillary.models.lstm.classifier import RecurrentClassifier
from armillary.models.lstm.encoder_decoder import RecurrentEncoderDecoder
from armillary.models.lstm.language_model import RecurrentLM
from armillary.models.sizing import member_at_size

ASPECT = 256  # d_model over n_layers
MIN_LAYERS, MAX_LAYERS = 2, 8  # 8 as in Wu et al. 2016 (GNMT): steps of deep stacks wait for each other
USUAL_EXPANSION = 2  # d_hidden over d_model
DROPOUT = {
    "next-token": 0.0,
    "class": 0.1,
    "tokens": 0.2,
    "ctc": 0.1,
}  # by what is written, where it is left open


@MODELS.register("lstm")
@dataclass(frozen=True, kw_only=True)
class LSTMConfig(ModelConfig):
    """Recurrent language model (texts), layers in both directions (classes, recordings), or both.

    Where a text is turned into another, one reads in both directions and the other writes with attention.
    """

    kind: ClassVar[str] = "lstm"
    carries_state: ClassVar[bool] = True
    supports: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        {
            ("tokens", "next-token"),
            ("tokens", "class"),
            ("tokens", "tokens"),
            ("image", "class"),
            ("frames", "ctc"),
        }
    )
    d_model: int = 48  # width of the residual stream
    n_layers: int = 2
    n_decoder_layers: int | None = None  # of what writes; None: n_layers.  A shallow decoder writes faster
    d_hidden: int | None = None  # units of a layer, both directions together; None: 2 d_model
    dropout: float | None = None  # None: 0 where the next token is learnt, 0.2 for pairs of texts, else 0.1
    frames_a_step: int = 3  # recordings: frames of 10 ms that become one step (Sak et al. 2015)
    copy: bool = False  # pairs of texts: a pointer may also take a token from the source (See et al. 2017)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.signature.outputs != "next-token" and self.hidden_width % 2:
            raise ConfigError(f"d_hidden is shared by two directions, so it is even, not {self.d_hidden}")

    def build(self) -> nn.Module:
        signature = self.check_signature()
        shape: dict[str, Any] = {
            "d_model": self.d_model,
            "n_layers": self.n_layers,
            "d_hidden": self.hidden_width,
            "dropout": self.dropout_rate,
        }
        if signature.outputs == "tokens":
            n_decoder_layers = self.n_decoder_layers or self.n_layers
            return RecurrentEncoderDecoder(
                signature, **shape, n_decoder_layers=n_decoder_layers, copies=self.copy
            )
        if signature.inputs == "frames":
            return AcousticLSTM(signature, **shape, stride=self.frames_a_step)
        model = RecurrentLM if signature.outputs == "next-token" else RecurrentClassifier
        return model(signature, **shape)

    def at_size(self, n_params: float) -> Self:
        """Return the member with ``n_params`` parameters, shaped by ``with_width``."""
        return member_at_size(n_params, self.with_width, type(self).stretched)

    def with_width(self, d_model: int) -> Self:
        """Return the member of this width: two layers, one more for each 256 channels, eight at most."""
        n_layers = min(MAX_LAYERS, max(MIN_LAYERS, round(d_model / ASPECT)))
        return self.replace(d_model=d_model, n_layers=n_layers, d_hidden=None)

    def stretched(self, factor: float) -> Self:
        """Return this shape with ``factor`` times the usual units, an even number for two directions."""
        return self.replace(d_hidden=2 * max(1, round(factor * USUAL_EXPANSION * self.d_model / 2)))

    @property
    def hidden_width(self) -> int:
        """Units of a layer, both directions together."""
        return USUAL_EXPANSION * self.d_model if self.d_hidden is None else self.d_hidden

    @property
    def dropout_rate(self) -> float:
        """Probability that a unit is dropped in training."""
        if self.dropout is not None:
            return self.dropout
        return DROPOUT[self.signature.outputs]
