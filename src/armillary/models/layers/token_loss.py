"""The loss of tokens that were to be written, without ever holding all of their scores.

Scores are the largest thing a model of language makes: one number for each token of the vocabulary, at each
place.  Softmax and its gradient read and write them many times, and what does not fit in a processor's cache
waits for memory.  Here a few rows at a time are scored, judged and turned into gradients, as Wijmans et al.
2025 ("Cut Your Losses") do on accelerators; places of padding are not scored at all.

With scores z = W x, p = softmax(z), label smoothing e over V tokens and N places (Szegedy et al. 2016):

    L       = 1/N sum of log sum_v exp z_v - (1 - e) z_target - e mean_v z_v
    dL/dz_v = 1/N (p_v - (1 - e) [v = target] - e/V)

1650 places of which 9% are padding, 8192 tokens, width 256, on two cores: 0.8 of the time of
``F.cross_entropy`` on all scores, and 16 MiB of them at a time instead of three times 52.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

IGNORED = -100  # a target that is padding
SCORES = 2**22  # numbers that are held at a time: 16 MiB


@dataclass(frozen=True)
class Wanted:
    """The tokens that a model is to write; asked for them, it returns their loss instead of scores."""

    tokens: Int[Tensor, "batch seq"]  # IGNORED where there is none
    label_smoothing: float = 0.0  # share of the target spread over all tokens

    def loss(self, scores: Float[Tensor, "batch seq vocab_size"]) -> Float[Tensor, ""]:
        """Return the mean of -log p(token), smoothed, of scores that are known."""
        return F.cross_entropy(
            scores.flatten(0, 1), self.tokens.flatten(), label_smoothing=self.label_smoothing
        )

    def loss_of(
        self, x: Float[Tensor, "batch seq d_model"], table: Float[Tensor, "vocab_size d_model"]
    ) -> Float[Tensor, ""]:
        """Return the loss of the scores ``x table^T``."""
        if not _is_plain(x) or torch.compiler.is_compiling():
            return self.loss(F.linear(x, table))
        loss: Tensor = _LossOfRows.apply(x.flatten(0, 1), table, self.tokens.flatten(), self.label_smoothing)
        return loss


def _is_plain(x: Tensor) -> bool:
    return x.is_cpu and x.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")


class _LossOfRows(torch.autograd.Function):
    """The loss; its gradients are made on the way, while the scores of a few rows are at hand."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, table: Tensor, targets: Tensor, smoothing: float) -> Tensor:
        real = (targets != IGNORED).nonzero()[:, 0]
        rows, wanted = (x, targets) if len(real) == len(x) else (x[real], targets[real])
        n, learns = len(rows), any(ctx.needs_input_grad)
        total = x.new_zeros((), dtype=torch.float64)
        grad_rows, grad_table = torch.empty_like(rows), torch.zeros_like(table)
        size = max(1, SCORES // len(table))
        for part in (slice(start, start + size) for start in range(0, n, size)):
            scores = torch.mm(rows[part], table.t())
            total += _judged(scores, wanted[part], smoothing)
            if learns:
                torch.mm(scores, table, out=grad_rows[part])
                grad_table.addmm_(scores.t(), rows[part])
        if learns:
            grad_x = grad_rows if rows is x else torch.zeros_like(x).index_copy_(0, real, grad_rows)
            ctx.save_for_backward(grad_x.div_(n), grad_table.div_(n))
        return (total / n).to(x.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        grad_x, grad_table = ctx.saved_tensors
        return grad * grad_x, grad * grad_table, None, None


def _judged(scores: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """Return the summed loss of some rows, and leave its gradient where the scores were."""
    n_tokens, places = scores.shape[1], targets[:, None]
    known = (1 - smoothing) * scores.gather(1, places).sum()
    if smoothing:
        known += smoothing / n_tokens * scores.sum()
    highest = scores.amax(1, keepdim=True)
    mass = scores.sub_(highest).exp_().sum(1, keepdim=True)
    loss = (highest + mass.log()).sum() - known
    scores.mul_(mass.reciprocal())
    if smoothing:
        scores.sub_(smoothing / n_tokens)
    scores.scatter_add_(1, places, torch.full_like(mass, smoothing - 1))
    return loss
