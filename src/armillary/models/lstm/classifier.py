"""Reading a sequence in both directions, to name its class (Graves & Schmidhuber 2005)."""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from armillary.models.layers.dropout import dropout
from armillary.models.layers.embedding import TokenEmbedding
from armillary.models.layers.initial import Linear, Readout
from armillary.models.layers.padding import mean_over_real, real_positions
from armillary.models.lstm.block import RecurrentBlock, Rows, features, with_features
from armillary.models.signature import Signature


class RecurrentClassifier(nn.Module):
    """Bidirectional layers over tokens or the rows of an image; the mean over their outputs is classified.

    Rows of different lengths are packed once: nothing is computed for padding.
    """

    def __init__(
        self, signature: Signature, *, d_model: int, n_layers: int, d_hidden: int, dropout: float
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.embedding: nn.Module
        if signature.inputs == "tokens":
            self.embedding = TokenEmbedding(signature.vocab_size, d_model)
        else:
            self.embedding = RowEmbedding(signature.channels * signature.width, d_model)
        self.blocks = nn.ModuleList(
            RecurrentBlock(d_model, d_hidden, bidirectional=True, dropout=dropout, n_branches=n_layers)
            for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(d_model)
        self.head = Readout(d_model, signature.n_classes)

    def forward(
        self,
        inputs: Int[Tensor, "batch seq"] | Float[Tensor, "batch channels height width"],
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch n_classes"]:
        x = pack(dropout(self.embedding(inputs), self.dropout, self.training), lengths)
        for block in self.blocks:
            x, _ = block(x)
        x = with_features(x, self.norm(features(x)))
        logits: Tensor = self.head(mean(x, lengths))
        return logits


class RowEmbedding(nn.Module):
    """An image as a text: each row of pixels, all channels together, linearly mapped."""

    def __init__(self, n_pixels: int, d_model: int) -> None:
        super().__init__()
        self.map = Linear(n_pixels, d_model, bias=True)

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch height d_model"]:
        rows: Tensor = self.map(image_rows(images))
        return rows


def image_rows(
    images: Float[Tensor, "batch channels height width"],
) -> Float[Tensor, "batch height pixels"]:
    """Return the pixels of each row, from top to bottom."""
    return images.transpose(1, 2).flatten(2)


def pack(x: Float[Tensor, "batch seq width"], lengths: Int[Tensor, " batch"] | None) -> Rows:
    """Return ``x`` without its padding; a row of length 0 keeps its first padding token.

    Rows without padding stay as they are, which a CPU reads faster.
    """
    if lengths is None or bool((lengths == x.shape[1]).all()):
        return x
    at_least_one = lengths.clamp(min=1).cpu()  # torch packs by lengths in main memory
    return pack_padded_sequence(x, at_least_one, batch_first=True, enforce_sorted=False)


def mean(x: Rows, lengths: Int[Tensor, " batch"] | None) -> Float[Tensor, "batch width"]:
    """Return the mean of each row over its real positions."""
    if not isinstance(x, PackedSequence):
        return x.mean(1)
    padded, _ = pad_packed_sequence(x, batch_first=True)
    return mean_over_real(padded, real_positions(lengths, padded.shape[1]))
