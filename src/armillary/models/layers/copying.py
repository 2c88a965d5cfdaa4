"""A pointer: the next token may be taken from the source, so that names never seen can be written.

See, Liu & Manning 2017 ("Get To The Point", eq. 8 and 9): with attention a over source positions, their
mean context c = sum_i a_i h_i and a gate,

    p_gen = sigmoid(w_x x + w_c c + b)
    P(token) = p_gen P_vocab(token) + (1 - p_gen) sum of a_i over positions i that hold the token

Subwords of one vocabulary spell every word, so that no vocabulary has to be extended.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from armillary.models.layers.initial import Linear

FIRST_GATE = 2.0  # p_gen starts at 0.88: copying is learnt once there is something to look at


@dataclass(frozen=True)
class CopySource:
    """What can be copied: the tokens of some sources and what the pointer knows of each."""

    tokens: Int[Tensor, "sources source"]
    keys: Float[Tensor, "sources source d_model"]
    gates: Float[Tensor, "sources source 1"]  # w_c h_i, so that w_c c is their mean under the attention
    real: Bool[Tensor, "sources source"]
    first: Int[Tensor, "sources source"]  # where the token of each position stands for the first time

    def keep(self, sources: Int[Tensor, " n"]) -> CopySource:
        """Return these sources alone, in this order."""
        return CopySource(*(part[sources] for part in vars(self).values()))


class CopyHead(nn.Module):
    """Turns scores of the vocabulary into log-probabilities of writing or copying each token."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.query = Linear(d_model, d_model)
        self.key = Linear(d_model, d_model)
        self.source_gate = Linear(d_model, 1)
        self.gate = Linear(d_model, 1, bias=True)
        if not self.gate.bias.is_meta:
            nn.init.constant_(self.gate.bias, FIRST_GATE)

    def read(
        self,
        tokens: Int[Tensor, "sources source"],
        vectors: Float[Tensor, "sources source d_model"],
        real: Bool[Tensor, "sources source"] | None,
    ) -> CopySource:
        """Return what can be copied of ``tokens``; ``real`` is False where they are padding (None: none)."""
        real = torch.ones_like(tokens, dtype=torch.bool) if real is None else real
        first = (tokens[:, :, None] == tokens[:, None]).byte().argmax(-1)  # of equals, argmax is the first
        return CopySource(tokens, self.key(vectors), self.source_gate(vectors), real, first)

    def forward(
        self,
        x: Float[Tensor, "rows target d_model"],
        source: CopySource,
        scores: Float[Tensor, "rows target vocab_size"],
    ) -> Float[Tensor, "rows target vocab_size"]:
        """Return log P(token) at each target position.

        Several rows may copy from one source: those of a source stand together.
        """
        looked = self.weights(x, source)
        gate = self.gate(x).view(*looked.shape[:2], 1) + looked @ source.gates
        written = scores.log_softmax(-1).view(*looked.shape[:2], -1) + F.logsigmoid(gate)
        log_probs = written.scatter_add(2, *_gains(looked, source, written, F.logsigmoid(-gate)))
        return log_probs.view(scores.shape)

    def weights(
        self, x: Float[Tensor, "rows target d_model"], source: CopySource
    ) -> Float[Tensor, "sources targets source"]:
        """Return how much each target position looks at each source position, rows of a source in one."""
        queries = self.query(x).view(len(source.tokens), -1, x.shape[-1])
        scores = queries @ source.keys.transpose(1, 2) * x.shape[-1] ** -0.5
        weights: Tensor = scores.masked_fill(~source.real[:, None], -torch.inf).softmax(-1)
        return weights


def _gains(
    looked: Float[Tensor, "sources targets source"],
    source: CopySource,
    written: Float[Tensor, "sources targets vocab_size"],
    log_copying: Float[Tensor, "sources targets 1"],
) -> tuple[Int[Tensor, "sources targets source"], Float[Tensor, "sources targets source"]]:
    """Return (tokens, what copying adds to the log-probability of each).

    log(w + q) = log w + log(1 + q / w), for w by writing and q by copying: in logarithms throughout, and
    computed for tokens of the source alone.  A token that stands there several times gains at its first
    place, by the attention to all of its places.
    """
    first, tokens = (ids[:, None].expand_as(looked) for ids in (source.first, source.tokens))
    places = torch.arange(source.first.shape[1], device=looked.device)
    gains_here = (source.first == places) & source.real
    at_first = torch.zeros_like(looked).scatter_add(2, first, looked)
    log_copied = at_first.clamp_min(torch.finfo(looked.dtype).tiny).log() + log_copying
    gains = F.softplus(log_copied - written.gather(2, tokens))
    return tokens, gains.masked_fill(~gains_here[:, None], 0.0)
