"""The recurrent encoder-decoder with attention (Bahdanau, Cho & Bengio 2015): one reads, another writes.

    encoder   layers in both directions over the source, residual
    bridge    the mean over what was read, linearly mapped, is where each layer of the decoder begins
    decoder   in each layer an LSTM over the target, then attention from its outputs to what was read,
              both residual

Attention looks from what the LSTM says now (Luong, Pham & Manning 2015), and what it finds goes on to the
layers above, which remember it (Wu et al. 2016, GNMT), not back to the next step.  The LSTM of a layer
therefore needs nothing but the layer below, and in training one call of a fused kernel runs it over the
whole target.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from armillary.models.layers import attention
from armillary.models.layers.attention import CrossAttention, padding_mask
from armillary.models.layers.copying import CopyHead, CopySource
from armillary.models.layers.dropout import dropout
from armillary.models.layers.embedding import TokenEmbedding
from armillary.models.layers.initial import Linear
from armillary.models.layers.padding import mean_over_real, real_positions
from armillary.models.layers.token_loss import Wanted
from armillary.models.lstm.block import Memory, RecurrentBlock, features, with_features
from armillary.models.lstm.classifier import pack
from armillary.models.signature import Signature

D_HEAD = 64  # channels of a head of attention, at least


class RecurrentState:
    """Some sources, and the memory of what was written of each so far (``models.sequences``)."""

    def __init__(
        self, sources: list[attention.Memory], memories: list[Memory], n_beams: int, copied: CopySource | None
    ) -> None:
        self.sources = sources  # what each layer's attention sees
        self.memories = memories  # of each layer's LSTM
        self.n_beams = n_beams
        self.copied = copied

    @property
    def n_rows(self) -> int:
        """Texts that are being written."""
        return self.memories[0][0].shape[1]

    def reorder(self, rows: Int[Tensor, " rows"]) -> None:
        """Let row i go on from what row ``rows[i]`` was, a row of the same source."""
        self.memories = [(h.index_select(1, rows), c.index_select(1, rows)) for h, c in self.memories]

    def keep(self, sources: Int[Tensor, " n"]) -> None:
        """Let only these sources go on, with all of their beams."""
        beams = torch.arange(self.n_beams, device=sources.device)
        self.reorder((sources[:, None] * self.n_beams + beams).flatten())
        self.sources = [source.keep(sources) for source in self.sources]
        self.copied = None if self.copied is None else self.copied.keep(sources)


class AttentiveBlock(nn.Module):
    """A layer of the decoder: x + lstm(norm(x)), then x + attention(norm(x))."""

    def __init__(self, d_model: int, d_hidden: int, *, dropout: float, n_branches: int) -> None:
        super().__init__()
        self.dropout = dropout
        self.recurrent = RecurrentBlock(d_model, d_hidden, dropout=dropout, n_branches=n_branches)
        self.norm = nn.LayerNorm(d_model)
        self.attention = CrossAttention(d_model, n_heads(d_model), n_branches=n_branches)

    def forward(
        self,
        x: Float[Tensor, "rows seq d_model"],
        memory: Memory,
        source: attention.Memory,
        looked: list[Tensor] | None = None,
    ) -> tuple[Float[Tensor, "rows seq d_model"], Memory]:
        """Return (outputs, memory after the last step); weights of attention are added to ``looked``."""
        x, memory = self.recurrent(x, memory)
        query = self.norm(x)
        if looked is not None:
            looked.append(self.attention.weights(query, source))
        return x + dropout(self.attention(query, source), self.dropout, self.training), memory


class RecurrentEncoderDecoder(nn.Module):
    """Scores of each target token, from the whole source and the target tokens before it.

    One table of vectors serves source, target and output (Press & Wolf 2017).  With ``copies`` a pointer
    may also take a token from the source (See et al. 2017).
    """

    def __init__(
        self,
        signature: Signature,
        *,
        d_model: int,
        n_layers: int,
        n_decoder_layers: int,
        d_hidden: int,
        dropout: float,
        copies: bool = False,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.embedding = TokenEmbedding(signature.vocab_size, d_model)
        self.encoder = nn.ModuleList(
            RecurrentBlock(d_model, d_hidden, bidirectional=True, dropout=dropout, n_branches=n_layers)
            for _ in range(n_layers)
        )
        self.encoder_norm = nn.LayerNorm(d_model)
        self.bridge = Linear(d_model, n_decoder_layers * 2 * d_hidden)
        branches = 2 * n_decoder_layers
        self.decoder = nn.ModuleList(
            AttentiveBlock(d_model, d_hidden, dropout=dropout, n_branches=branches)
            for _ in range(n_decoder_layers)
        )
        self.norm = nn.LayerNorm(d_model)
        self.copy_head = CopyHead(d_model) if copies else None
        self.start = signature.vocab_size - 1  # the mark that ends a text stands before the next one

    def forward(
        self,
        inputs: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"] | None,
        targets: Int[Tensor, "batch target"],
        wanted: Wanted | None = None,
    ) -> Float[Tensor, "batch target vocab_size"] | Float[Tensor, ""]:
        """Return the scores of each target token, given the source and the targets before it.

        With ``wanted``, the targets with padding marked: their loss.
        """
        state = self.read(inputs, lengths)
        return self._scores(self._decoded(self._shifted(targets), state), state, wanted)

    def read(
        self,
        inputs: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"] | None = None,
        n_beams: int = 1,
    ) -> RecurrentState:
        """Return the state before the first token is written."""
        vectors = self._encoded(inputs, lengths)
        real = real_positions(lengths, inputs.shape[1])
        sources = [block.attention.read(vectors, padding_mask(real)) for block in self._layers]
        begin = self.bridge(mean_over_real(vectors, real)).repeat_interleave(n_beams, 0)
        memories = self._first_memories(begin)
        copied = None if self.copy_head is None else self.copy_head.read(inputs, vectors, real)
        return RecurrentState(sources, memories, n_beams, copied)

    def write(
        self, tokens: Int[Tensor, " rows"] | None, state: RecurrentState
    ) -> Float[Tensor, "rows vocab_size"]:
        """Return the scores of the next token, after ``tokens`` was written (None: nothing yet)."""
        if tokens is None:
            device = self.embedding.table.weight.device
            tokens = torch.full((state.n_rows,), self.start, device=device)
        return self._scores(self._decoded(self.embedding(tokens[:, None]), state), state)[:, 0]

    def alignment(
        self,
        inputs: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"] | None,
        targets: Int[Tensor, "batch target"],
    ) -> Float[Tensor, "batch target source"]:
        """Return how much each target token looked at each source token, the mean over layers and heads."""
        state, looked = self.read(inputs, lengths), list[Tensor]()
        self._decoded(self._shifted(targets), state, looked)
        return torch.stack(looked).mean(0)

    @property
    def _layers(self) -> list[AttentiveBlock]:
        return [cast("AttentiveBlock", block) for block in self.decoder]

    def _encoded(
        self, inputs: Int[Tensor, "batch source"], lengths: Int[Tensor, " batch"] | None
    ) -> Float[Tensor, "batch source d_model"]:
        """Return what the encoder makes of each source token; nothing is computed for padding."""
        x = pack(dropout(self.embedding(inputs), self.dropout, self.training), lengths)
        for block in self.encoder:
            x, _ = block(x)
        x = with_features(x, self.encoder_norm(features(x)))
        if not isinstance(x, PackedSequence):
            return x
        return pad_packed_sequence(x, batch_first=True, total_length=inputs.shape[1])[0]

    def _first_memories(self, begin: Float[Tensor, "rows numbers"]) -> list[Memory]:
        """Return where each layer of the decoder begins: what it has learnt, and what the bridge adds."""
        own = [block.recurrent.initial_memory(len(begin)) for block in self._layers]
        added = begin.view(len(begin), len(own), 2, -1).permute(1, 2, 0, 3)
        return [(h + dh[None], c + dc[None]) for (h, c), (dh, dc) in zip(own, added, strict=True)]

    def _decoded(
        self, x: Float[Tensor, "rows seq d_model"], state: RecurrentState, looked: list[Tensor] | None = None
    ) -> Float[Tensor, "rows seq d_model"]:
        """Return what the decoder makes of ``x``, what stands before each token; ``state`` goes on."""
        x = dropout(x, self.dropout, self.training)
        for i, block in enumerate(self._layers):
            x, state.memories[i] = block(x, state.memories[i], state.sources[i], looked)
        out: Tensor = self.norm(x)
        return out

    def _shifted(self, targets: Int[Tensor, "batch target"]) -> Float[Tensor, "batch target d_model"]:
        """Return what stands before each target token: the end of a text before the first."""
        vectors: Tensor = self.embedding(F.pad(targets[:, :-1], (1, 0), value=self.start))
        return vectors

    def _scores(
        self, x: Float[Tensor, "rows seq d_model"], state: RecurrentState, wanted: Wanted | None = None
    ) -> Tensor:
        if self.copy_head is None or state.copied is None:
            return self.embedding.output(x, wanted)
        log_probs: Tensor = self.copy_head(x, state.copied, self.embedding.logits(x))
        return log_probs if wanted is None else wanted.loss(log_probs)


def n_heads(d_model: int) -> int:
    """Return how many heads of equal width attention has, each of ``D_HEAD`` channels or more."""
    return next(n for n in range(max(1, d_model // D_HEAD), 0, -1) if d_model % n == 0)
