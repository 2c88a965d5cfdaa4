"""What a next token is chosen among, and how one is drawn."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


@contextlib.contextmanager
def asking(model: nn.Module) -> Iterator[None]:
    """Switch dropout and gradients off for a while; whoever reads a stream meanwhile is not affected."""
    training = model.training
    if training:  # each switch visits every module
        model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        if training:
            model.train()


def shaped(
    logits: Float[Tensor, "rows vocab_size"], temperature: float, top_k: int | None, top_p: float
) -> Float[Tensor, "rows vocab_size"]:
    """Return the logits to draw from: divided by ``temperature``, -inf for tokens that are left out."""
    logits = logits / temperature
    if top_k is not None:
        logits = logits.masked_fill(~among_top_k(logits, top_k), -torch.inf)
    if top_p < 1:
        logits = logits.masked_fill(~among_top_p(logits, top_p), -torch.inf)
    return logits


def among_top_k(logits: Float[Tensor, "batch vocab_size"], k: int) -> Bool[Tensor, "batch vocab_size"]:
    """Return which tokens are among the ``k`` likeliest; equals of the last one count too."""
    smallest = logits.topk(min(k, logits.shape[1])).values[:, -1:]
    return logits >= smallest


def among_top_p(logits: Float[Tensor, "batch vocab_size"], p: float) -> Bool[Tensor, "batch vocab_size"]:
    """Return the smallest set of likeliest tokens whose probabilities reach ``p``; it has one at least."""
    ordered, order = logits.softmax(-1).sort(-1, descending=True)
    likelier = ordered.cumsum(-1) - ordered  # the probability of all tokens likelier than this
    return torch.zeros_like(logits, dtype=torch.bool).scatter(1, order, likelier < p)


def drawn(logits: Float[Tensor, "rows vocab_size"], dice: Float[Tensor, " rows"]) -> Int[Tensor, " rows"]:
    """Return the token of each row at which the cumulated probability first exceeds the row's die.

    ``dice`` are uniform in [0, 1), in double precision: a token without probability is then never drawn.
    """
    cumulated = logits.softmax(-1).cumsum(-1, dtype=torch.float64)
    wanted = dice[:, None] * cumulated[:, -1:]
    return torch.searchsorted(cumulated, wanted, right=True)[:, 0]
