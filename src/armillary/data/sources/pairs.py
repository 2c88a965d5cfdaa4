"""A user's own table of pairs: CSV, TSV, JSON Lines or Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from armillary.data.base import SOURCES, TextPair
from armillary.data.pair_columns import SAMPLE, Columns, has_header, pairs_in
from armillary.data.pair_source import PairSource
from armillary.data.rows import first_fields, read_rows


@SOURCES.register("table-pairs")
@dataclass(frozen=True, kw_only=True)
class PairTable(PairSource):
    """A column of texts and one of what is made of them.

    Columns that are not named are found, and standard error says which; see ``pair_columns``.  A CSV or TSV
    file need not begin with a line of names; its columns are numbered from 1 then.  JSON Lines may hold
    objects as the ``datasets`` library has them: {"translation": {"en": ..., "de": ...}}.
    """

    kind: ClassVar[str] = "table-pairs"
    licence: ClassVar[str] = "unknown: the user's own table"
    citation: ClassVar[str] = "the user's own table"
    path: Path
    source_column: str | None = None
    target_column: str | None = None
    document_column: str | None = None  # pairs with the same value there share a split
    split_column: str | None = None  # holds train, validation or test
    encoding: str = "utf-8"
    delimiter: str | None = None  # None: by the file's name, a comma for .csv and a tab for .tsv

    def pairs(self) -> Iterator[TextPair]:
        given = Columns(self.source_column, self.target_column, self.document_column, self.split_column)
        first = first_fields(self.path, SAMPLE, encoding=self.encoding, delimiter=self.delimiter)
        header, note = None, ""
        if first and not has_header(first, given):
            header = [str(number) for number in range(1, len(first[0]) + 1)]
            note = "the first line reads like the others and is taken as a pair, not as names of columns; "
        rows = read_rows(self.path, encoding=self.encoding, delimiter=self.delimiter, header=header)
        return pairs_in(rows, given, str(self.path), note)
