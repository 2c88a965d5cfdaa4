"""Pairs of texts from whatever the ``datasets`` library loads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from armillary.data.base import SOURCES, TextPair
from armillary.data.pair_columns import Columns, pairs_in
from armillary.data.pair_source import LeftOut, MarkedPair, PairSource
from armillary.data.sources.huggingface import HuggingFaceData


@SOURCES.register("huggingface-pairs")
@dataclass(frozen=True, kw_only=True)
class HuggingFacePairs(PairSource, HuggingFaceData):
    """A column of texts and one of what is made of them, or one called translation with both by language.

    Columns that are not named are found as those of a table are.  The data set's own splits stand.
    """

    kind: ClassVar[str] = "huggingface-pairs"
    licence: ClassVar[str] = HuggingFaceData.licence
    citation: ClassVar[str] = HuggingFaceData.citation
    source_column: str | None = None
    target_column: str | None = None
    document_column: str | None = None  # pairs with the same value there share a split

    def pairs(self) -> Iterator[TextPair | LeftOut]:
        rows, n_other = self.rows()
        yield LeftOut("n_in_other_splits", n_other)
        given = Columns(self.source_column, self.target_column, self.document_column)
        marks = (name for name in rows for _ in rows[name])
        every = (row for name in rows for row in rows[name])
        for split, pair in zip(marks, pairs_in(every, given, self.path), strict=True):
            yield MarkedPair(pair.source, pair.target, pair.document, split=split)
