"""Classes as answers: how much a model's scores speak for a label."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from armillary.core.errors import RequestError, UnknownNameError
from armillary.explanation.subjects.base import Asked


def chosen(
    labels: Sequence[str], scores: Float[Tensor, " n_classes"], asked: Asked
) -> tuple[int, int | None, str]:
    """Return (the label to explain, the one it is held against or None, what to call that).

    The model's own label where none is asked for.  UnknownNameError for a label that it does not know.
    """
    label = int(scores.argmax()) if asked.answer is None else _index(labels, asked.answer)
    if asked.against is None:
        return label, None, labels[label]
    other = _index(labels, asked.against)
    if other == label:
        raise RequestError(f"{labels[label]!r} cannot be held against itself; ask for it against another")
    return label, other, f"{labels[label]}, not {labels[other]}"


def margin(
    scores: Float[Tensor, "batch n_classes"], label: int, other: int | None
) -> Float[Tensor, "batch 1"]:
    """Return ln p(label) - ln p(other), or - ln p(all others): evidence in nats, which does not level off."""
    if other is not None:
        return (scores[:, label] - scores[:, other])[:, None]
    rest = torch.cat([scores[:, :label], scores[:, label + 1 :]], 1)
    return (scores[:, label] - rest.logsumexp(1))[:, None]


def _index(labels: Sequence[str], label: str) -> int:
    if label not in labels:
        raise UnknownNameError("label", label, labels)
    return list(labels).index(label)
