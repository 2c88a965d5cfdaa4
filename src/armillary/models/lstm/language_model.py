"""The recurrent language model (Mikolov et al. 2010), with LSTM (Sundermeyer et al. 2012)."""

from __future__ import annotations

from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.layers.dropout import dropout
from armillary.models.layers.embedding import TokenEmbedding
from armillary.models.layers.token_loss import Wanted
from armillary.models.lstm.block import RecurrentBlock
from armillary.models.signature import Signature

RecurrentState = tuple[Tensor, Tensor]  # h and c, each (n_layers, batch, d_hidden)


class RecurrentLM(nn.Module):
    """Scores of the next token from a memory of all before it, however long ago.

    The state comes back from every call, for long texts are learnt in pieces: the state of one is the
    beginning of the next, without its gradient (truncated back-propagation, Williams & Peng 1990).
    """

    def __init__(
        self, signature: Signature, *, d_model: int, n_layers: int, d_hidden: int, dropout: float
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.embedding = TokenEmbedding(signature.vocab_size, d_model)
        self.blocks = nn.ModuleList(
            RecurrentBlock(d_model, d_hidden, dropout=dropout, n_branches=n_layers) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(d_model)

    def initial_state(self, batch: int) -> RecurrentState:
        """Return the learnt state before the first token."""
        memories = [cast("RecurrentBlock", block).initial_memory(batch) for block in self.blocks]
        return torch.cat([h for h, _ in memories]), torch.cat([c for _, c in memories])

    def forward(
        self,
        tokens: Int[Tensor, "batch seq"],
        state: RecurrentState | None = None,
        wanted: Wanted | None = None,
    ) -> tuple[Float[Tensor, "batch seq vocab_size"] | Float[Tensor, ""], RecurrentState]:
        """Return (scores, or the loss of ``wanted``; state after the last token)."""
        h, c = self.initial_state(len(tokens)) if state is None else state
        x = dropout(self.embedding(tokens), self.dropout, self.training)
        later = []
        for i, block in enumerate(self.blocks):
            x, memory = block(x, (h[i : i + 1], c[i : i + 1]))
            later.append(memory)
        state = torch.cat([h for h, _ in later]), torch.cat([c for _, c in later])
        return self.embedding.output(self.norm(x), wanted), state
