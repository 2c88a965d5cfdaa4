"""The recurrent network of the textbooks: stacked LSTM layers, and a linear layer on the last step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.base import MODELS, ModelConfig
from armillary.models.lstm.classifier import image_rows, pack
from armillary.models.sizing import member_at_size


@MODELS.register("classic-lstm")
@dataclass(frozen=True, kw_only=True)
class ClassicLSTMConfig(ModelConfig):
    """Two stacked LSTM layers of 128 units over tokens or the rows of an image, last step classified."""

    kind: ClassVar[str] = "classic-lstm"
    supports: ClassVar[frozenset[tuple[str, str]]] = frozenset({("tokens", "class"), ("image", "class")})
    every_size: ClassVar[bool] = False  # one unit sees a whole row of pixels: that is the step
    d_embedding: int = 64  # width of a token's vector (inputs = "tokens")
    d_hidden: int = 128  # units of each layer
    n_layers: int = 2
    dropout: float = 0.0  # between layers, in training

    def build(self) -> nn.Module:
        self.check_signature()
        return ClassicLSTM(self)

    def at_size(self, n_params: float) -> Self:
        """Return the network with other widths, the embedding half as wide as the layers where it can be."""
        return member_at_size(n_params, self.with_width, type(self).stretched, widths=range(2, 20_000))

    def with_width(self, d_hidden: int) -> Self:
        """Return the network with ``d_hidden`` units in a layer."""
        return self.replace(d_hidden=d_hidden, d_embedding=max(1, d_hidden // 2))

    def stretched(self, factor: float) -> Self:
        """Return the network with an embedding ``factor`` times as wide, where there is one."""
        if self.signature.inputs == "image":
            return self
        return self.replace(d_embedding=max(1, round(factor * self.d_embedding)))


class ClassicLSTM(nn.Module):
    """The network itself, with torch's own fresh weights."""

    def __init__(self, config: ClassicLSTMConfig) -> None:
        super().__init__()
        signature = config.signature
        self.embedding: nn.Embedding | None = None
        n_in = signature.channels * signature.width
        if signature.inputs == "tokens":
            self.embedding = nn.Embedding(signature.vocab_size, config.d_embedding)
            n_in = config.d_embedding
        self.lstm = nn.LSTM(n_in, config.d_hidden, config.n_layers, batch_first=True, dropout=config.dropout)
        self.head = nn.Linear(config.d_hidden, signature.n_classes)

    def forward(
        self,
        inputs: Int[Tensor, "batch seq"] | Float[Tensor, "batch channels height width"],
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch n_classes"]:
        x = image_rows(inputs) if self.embedding is None else self.embedding(inputs)
        _, (last, _) = self.lstm(pack(x, lengths))  # the last real step of each row
        logits: Tensor = self.head(last[-1])
        return logits
