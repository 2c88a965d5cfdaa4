"""Raw examples: what a source yields before any tokenizer or tensor touches it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from jaxtyping import Float32, UInt8

from armillary.core.config import Config
from armillary.core.registry import Registry

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class Document:
    """A text of any length, for language modelling."""

    text: str
    name: str = ""  # where it came from: a file, a page, a row


@dataclass(frozen=True)
class LabelledText:
    """A short text and its class."""

    text: str
    label: str


@dataclass(frozen=True)
class TextPair:
    """A text and what is to be made of it: its translation, its summary."""

    source: str
    target: str
    document: str = ""  # where it stood: a page, a package, a file; pairs of one document share a split


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """An image and its class."""

    pixels: UInt8[np.ndarray, "height width channels"]
    label: str


@dataclass(frozen=True, eq=False)
class CaptionedImage(LabelledImage):
    """An image and what it is said to show; its class is "" where nobody says it."""

    caption: str


@dataclass(frozen=True, eq=False)
class Recording:
    """Speech, and the words that are said in it."""

    audio: Path | Float32[np.ndarray, " samples"]  # a file of any rate, or mono samples at 16 kHz in [-1, 1]
    text: str
    speaker: str = ""  # "" where nobody says it
    group: str = ""  # what the source calls this kind of clip, such as digits; judged apart
    synthetic: bool = False  # whether a machine spoke it


SOURCES: Registry[type[Source]] = Registry("source", "sources")


@dataclass(frozen=True, kw_only=True)
class Source(Config, ABC):
    """Named, disjoint splits of raw examples.  Reading happens at the first ``split``, and only then."""

    registry: ClassVar[Registry[Any] | None] = SOURCES
    example: ClassVar[type]  # Document, LabelledText, TextPair, LabelledImage, CaptionedImage, Recording
    licence: ClassVar[str]
    citation: ClassVar[str]

    @abstractmethod
    def split(self, name: Split) -> Sequence[Any]:
        """Return the examples of a split, always the same ones in the same order.

        Raises DataError, naming the file or row, when the data cannot be used.
        """

    def report(self) -> dict[str, int]:
        """Return the counts that a run records: examples by split, and what splitting moved or dropped."""
        return {f"n_{name}": len(self.split(name)) for name in SPLITS}
