"""A pointer: the next token may be taken from the source, so that names never seen can be written.

See, Liu & Manning 2017 ("Get To The Point", eq. 8 and 9): with attention a over source positions, their
mean context c = sum_i a_i h_i and a gate,

    p_gen = sigmoid(w [x; c] + b)
    P(token) = p_gen P_vocab(token) + (1 - p_gen) sum of a_i over positions i that hold the token

Subwords of one vocabulary spell every word, so that no vocabulary has to be extended.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from armillary.models.layers.initial import Linear

FIRST_GATE = 2.0  # p_gen starts at 0.88: copying is learnt once there is something to look at


class CopyHead(nn.Module):
    """Turns scores of the vocabulary into log-probabilities of writing or copying each token."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.query = Linear(d_model, d_model)
        self.key = Linear(d_model, d_model)
        self.gate = Linear(2 * d_model, 1, bias=True)
        if not self.gate.bias.is_meta:
            nn.init.constant_(self.gate.bias, FIRST_GATE)

    def forward(
        self,
        x: Float[Tensor, "sources target d_model"],
        memory: Float[Tensor, "sources source d_model"],
        tokens: Int[Tensor, "sources source"],
        real: Bool[Tensor, "sources source"] | None,
        scores: Float[Tensor, "sources target vocab_size"],
    ) -> Float[Tensor, "sources target vocab_size"]:
        """Return log P(token) at each target position; ``real`` is True where the source is no padding."""
        looked = self.weights(x, memory, real)
        p_gen = self.gate(torch.cat((x, looked @ memory), -1)).sigmoid()
        places = tokens[:, None].expand_as(looked)
        mixed = (scores.softmax(-1) * p_gen).scatter_add(2, places, looked * (1 - p_gen))
        log_probs: Tensor = mixed.clamp_min(torch.finfo(mixed.dtype).tiny).log()
        return log_probs

    def weights(
        self,
        x: Float[Tensor, "sources target d_model"],
        memory: Float[Tensor, "sources source d_model"],
        real: Bool[Tensor, "sources source"] | None,
    ) -> Float[Tensor, "sources target source"]:
        """Return how much each target position looks at each source position: scaled dot products."""
        scores = self.query(x) @ self.key(memory).transpose(1, 2) * x.shape[-1] ** -0.5
        if real is not None:
            scores = scores.masked_fill(~real[:, None], -torch.inf)
        weights: Tensor = scores.softmax(-1)
        return weights
