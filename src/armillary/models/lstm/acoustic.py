"""A recurrent network that hears: layers in both directions over a recording (Graves et al. 2013)."""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from armillary.models.layers.dropout import dropout
from armillary.models.layers.frames import FrameReader
from armillary.models.layers.initial import Readout
from armillary.models.lstm.block import RecurrentBlock, features, with_features
from armillary.models.lstm.classifier import pack
from armillary.models.signature import Signature


class AcousticLSTM(nn.Module):
    """Scores of each token, or nothing new, at each step of a recording; nothing is computed for padding."""

    def __init__(
        self, signature: Signature, *, d_model: int, n_layers: int, d_hidden: int, dropout: float, stride: int
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.reader = FrameReader(signature.n_mels, d_model, stride)
        self.blocks = nn.ModuleList(
            RecurrentBlock(d_model, d_hidden, bidirectional=True, dropout=dropout, n_branches=n_layers)
            for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(d_model)
        self.head = Readout(d_model, signature.vocab_size)

    def forward(
        self, frames: Float[Tensor, "batch frames mels"], lengths: Int[Tensor, " batch"] | None = None
    ) -> tuple[Float[Tensor, "batch steps vocab_size"], Int[Tensor, " batch"] | None]:
        read, lengths = self.reader(frames, lengths)
        x = pack(dropout(read, self.dropout, self.training), lengths)
        for block in self.blocks:
            x, _ = block(x)
        x = with_features(x, self.head(self.norm(features(x))))
        if isinstance(x, PackedSequence):
            x = pad_packed_sequence(x, batch_first=True, total_length=read.shape[1])[0]
        return x, lengths
