"""Tokens as features: words, and the vectors that a model reads in their place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.core.errors import RequestError
from armillary.runs.pieces import words_of

T = TypeVar("T")


def words(pieces: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
    """Return (the words that tokens make, the place of the word that each token belongs to).

    A space by itself belongs to the word behind it; what no word is behind belongs to none (-1): spaces at
    the end, and the mark that ends a text.
    """
    owners, names, held = [-1] * len(pieces), list[str](), list[int]()
    for group in words_of(pieces):
        held += group
        if name := "".join(pieces[i] for i in held).strip():
            for i in held:
                owners[i] = len(names)
            names.append(name)
            held = []
    return tuple(names), owners


def embedding_of(module: nn.Module) -> nn.Module:
    """Return what turns tokens into vectors."""
    found = getattr(module, "embedding", None)
    if not isinstance(found, nn.Module):
        raise RequestError(f"{type(module).__name__} has no embedding of tokens, whose gradients explain")
    return found


def with_vectors(module: nn.Module, vectors: Float[Tensor, "batch seq d_model"], ask: Callable[[], T]) -> T:
    """Return ``ask()``, in which the first tokens that ``module`` looks up are replaced by ``vectors``."""
    left = [vectors]

    def replaced(_: nn.Module, __: Any, looked_up: Tensor) -> Tensor:
        return left.pop() if left else looked_up

    handle = embedding_of(module).register_forward_hook(replaced)
    try:
        return ask()
    finally:
        handle.remove()


def read_as_vectors(
    module: nn.Module, tokens: Int[Tensor, " seq"], owners: Sequence[int]
) -> tuple[Float[Tensor, "seq d_model"], Float[Tensor, "seq d_model"], Int[Tensor, "seq d_model"]]:
    """Return (the vectors of ``tokens``, those that stand for nothing, the feature of each number).

    Nothing is the mean vector of all tokens.  A token of no feature stays as it is.
    """
    embedding = embedding_of(module)
    with torch.no_grad():
        vectors = embedding(tokens[None])[0]
        table = next(m.weight for m in embedding.modules() if isinstance(m, nn.Embedding))
        everything = torch.arange(len(table))
        mean = embedding(everything[None])[0].mean(0)
    owner = torch.tensor(owners)[:, None].expand_as(vectors)
    return vectors, torch.where(owner >= 0, mean, vectors), owner


def by_word(
    values: Float[Tensor, "batch tokens"], owners: Sequence[int], n_words: int
) -> Float[Tensor, "batch words"]:
    """Return the sum of ``values`` over the tokens of each word; those of none (-1) are left out."""
    places = torch.tensor([place if place >= 0 else n_words for place in owners])
    return values.new_zeros(len(values), n_words + 1).index_add(1, places, values)[:, :-1]
