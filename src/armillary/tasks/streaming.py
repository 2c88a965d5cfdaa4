"""Answers that come in pieces, while they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, runtime_checkable

from torch import nn

from armillary.data.tokenizers import Tokenizer

HALF_CHARACTER = "\ufffd"  # how text ends when the bytes of its last character are still to come


@runtime_checkable
class Streams(Protocol):
    """A task whose answers come in pieces."""

    def stream(self, model: nn.Module, raw: Any, **options: Any) -> Iterator[str]:
        """Yield the answer to one input piece by piece."""


def spelled(tokens: Iterable[int], tokenizer: Tokenizer) -> Iterator[str]:
    """Yield the text of tokens as they come, whole characters only."""
    held = list[int]()
    for token in tokens:
        held.append(token)
        text = tokenizer.decode(held)
        if text and not text.endswith(HALF_CHARACTER):
            yield text
            held.clear()
    if rest := tokenizer.decode(held):
        yield rest
