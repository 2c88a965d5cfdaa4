"""A user's own table: CSV, TSV, JSON Lines or Parquet."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from armillary.core.errors import DataError
from armillary.data.base import SOURCES, Document, LabelledText, Split
from armillary.data.rows import Row, label_value, read_rows, text_value
from armillary.data.splits import (
    HoldOut,
    Splits,
    SplitSource,
    content_key,
    hold_out,
    named_split,
    require_classes,
    respect,
)


@dataclass(frozen=True, kw_only=True)
class TableSource(SplitSource):
    """Rows of a table; split by a column that says so, else by the hash of their content."""

    licence: ClassVar[str] = "unknown: the user's own table"
    citation: ClassVar[str] = "the user's own table"
    path: Path
    text_column: str = "text"
    split_column: str | None = None  # holds train, validation or test
    encoding: str = "utf-8"
    delimiter: str | None = None  # None: by the file's name, a comma for .csv and a tab for .tsv
    held_out: HoldOut = HoldOut()

    @abstractmethod
    def example_of(self, row: Row) -> Any:
        """Return the example that a row holds.  DataError, naming the row, when it holds none."""

    def read(self) -> Splits:
        rows = read_rows(self.path, encoding=self.encoding, delimiter=self.delimiter)
        if self.split_column is not None:
            return self._as_marked(rows, self.split_column)
        examples = [self.example_of(row) for row in rows]
        self._check(examples, at_least=3)
        return hold_out(examples, [content_key(example) for example in examples], self.held_out)

    def _as_marked(self, rows: Iterable[Row], column: str) -> Splits:
        marked: dict[Split, list[Any]] = {}
        for row in rows:
            mark = label_value(row, column)
            name = named_split(mark)
            if name is None:
                raise DataError(f"{row[0]}: {column!r} is train, validation or test, got {mark!r}")
            marked.setdefault(name, []).append(self.example_of(row))
        self._check(marked.get("train", []), at_least=1)
        return respect(marked, self.held_out)

    def _check(self, examples: list[Any], at_least: int) -> None:
        """Raise DataError when the examples cannot be learnt from; a class has ``at_least`` of them."""


@SOURCES.register("table")
@dataclass(frozen=True, kw_only=True)
class LabelledTable(TableSource):
    """A column of texts and one of labels."""

    kind: ClassVar[str] = "table"
    example: ClassVar[type] = LabelledText
    label_column: str = "label"

    def example_of(self, row: Row) -> LabelledText:
        return LabelledText(text_value(row, self.text_column), label_value(row, self.label_column))

    def _check(self, examples: list[Any], at_least: int) -> None:
        require_classes(examples, f"{self.path}, column {self.label_column!r}", at_least)


@SOURCES.register("table-documents")
@dataclass(frozen=True, kw_only=True)
class DocumentTable(TableSource):
    """A column of texts, each a document."""

    kind: ClassVar[str] = "table-documents"
    example: ClassVar[type] = Document

    def example_of(self, row: Row) -> Document:
        return Document(text_value(row, self.text_column), row[0])
