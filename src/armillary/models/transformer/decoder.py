"""The decoder-only Transformer (GPT: Radford et al. 2018; in the shape of Llama: Touvron et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.models.layers.block import BlockConfig
from armillary.models.layers.cache import KeyValueCache, causal_mask
from armillary.models.layers.embedding import TokenEmbedding
from armillary.models.layers.positions import PositionKind
from armillary.models.layers.token_loss import Wanted
from armillary.models.signature import Signature
from armillary.models.transformer.stack import Stack


@dataclass(frozen=True)
class DecoderState:
    """The text read so far: its length, and keys and values for each block."""

    position: int
    caches: list[KeyValueCache]


class Decoder(nn.Module):
    """Scores of the next token, from the ``length`` tokens before it, itself the last of them.

    Each layer looks back ``length`` tokens, the longest text of training.  Rotary positions go on
    beyond that, the window sliding along (Beltagy et al. 2020); the other kinds end there.
    """

    def __init__(self, signature: Signature, block: BlockConfig, positions: PositionKind) -> None:
        super().__init__()
        self.length = signature.length
        self.embedding = TokenEmbedding(signature.vocab_size, block.d_model)
        self.stack = Stack(block, positions, torch.arange(self.length)[:, None])

    def initial_state(self, batch: int) -> DecoderState:  # noqa: ARG002  # the caches learn it from the first tokens
        """Return the state before the first token, which makes calls remember what they read."""
        return DecoderState(0, [KeyValueCache(self.length) for _ in self.stack.blocks])

    def forward(
        self,
        tokens: Int[Tensor, "batch seq"],
        state: DecoderState | None = None,
        wanted: Wanted | None = None,
    ) -> tuple[Float[Tensor, "batch seq vocab_size"] | Float[Tensor, ""], DecoderState | None]:
        """Return (scores, or the loss of ``wanted``; state).

        Without a state the text starts here and nothing is remembered.

        A state belongs to one text: its caches are extended in place.
        """
        n_new = tokens.shape[1]
        start = 0 if state is None else state.position
        n_seen = min(start, self.length - 1) + n_new
        mask = causal_mask(n_new, n_seen, self.length, tokens.device)
        x = self.stack(self.embedding(tokens), mask, start, state.caches if state else None)
        later = None if state is None else DecoderState(start + n_new, state.caches)
        return self.embedding.output(x, wanted), later
