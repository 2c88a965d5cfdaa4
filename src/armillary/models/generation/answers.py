"""Answers to sources: the best texts of each, or one text token by token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from jaxtyping import Int
from torch import Tensor, nn

from armillary.core.errors import ConfigError
from armillary.models.generation.beams import Beams
from armillary.models.generation.choice import asking
from armillary.models.generation.drafts import Drafts
from armillary.models.generation.writing import Writing, Written
from armillary.models.layers.product import fixed_weights
from armillary.models.sequences import Source, WritingModel


def write(
    model: nn.Module,
    inputs: Source,
    lengths: Int[Tensor, " sources"] | None,
    writing: Writing,
    stop: int,
    max_tokens: int,
) -> list[list[Written]]:
    """Return the best ``writing.n_best`` texts for each source, the best first, without the end mark.

    ``model`` is a ``models.sequences.SequenceModel``, ``stop`` its end mark, and ``max_tokens`` how many
    tokens it can write, the end mark included.  Raises ConfigError when ``writing`` asks for more.
    """
    limit = writing.limit(max_tokens)
    reader = cast("WritingModel", model)
    if len(inputs) == 0:
        return []
    with asking(model), fixed_weights(model):
        if writing.n_beams > 1:
            return _searched(Beams(reader, inputs, lengths, writing, stop, limit), writing.n_best)
        return _drafted(Drafts(reader, inputs, lengths, writing, stop, limit))


def stream_one(
    model: nn.Module, inputs: Int[Tensor, "1 source"], writing: Writing, stop: int, max_tokens: int
) -> Iterator[int]:
    """Yield the tokens that ``write`` returns for one source, each as soon as it is chosen.

    Raises ConfigError for a beam search or several texts: which tokens are best is known at their end.
    """
    if writing.n_beams > 1 or writing.n_best > 1:
        raise ConfigError(
            f"n_beams={writing.n_beams}, n_best={writing.n_best}: one text alone is written token by token; "
            "set n_beams=1 and n_best=1"
        )
    limit = writing.limit(max_tokens)
    with asking(model):
        drafts = Drafts(cast("WritingModel", model), inputs, None, writing, stop, limit)
    return _tokens(model, drafts, stop, limit)


def _tokens(model: nn.Module, drafts: Drafts, stop: int, limit: int) -> Iterator[int]:
    while drafts.n_tokens < limit:
        with asking(model):
            token = int(drafts.step()[0])
        if token == stop:
            return
        yield token


def _searched(beams: Beams, n_best: int) -> list[list[Written]]:
    while len(beams.sources):
        beams.step()
    return [texts[:n_best] for texts in beams.whole]


def _drafted(drafts: Drafts) -> list[list[Written]]:
    texts: dict[int, list[Written]] = {}
    while len(drafts.sources):
        drafts.step()
        texts |= drafts.leave()
    return [texts[i] for i in range(len(texts))]
