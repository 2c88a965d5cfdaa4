"""Rows of a user's table, one at a time, each with the words for where it stands."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from armillary.core.errors import DataError, MissingExtraError, unknown
from armillary.data.decoding import read_text

Row = tuple[str, Mapping[str, Any]]  # where it stands, values by column

DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
JSON_LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet", ".pq")
SUFFIXES = (*DELIMITERS, *JSON_LINES, *PARQUET)

# Tab-separated text in which every quotation mark quotes: around a whole field, or doubled inside of one.
QUOTED = re.compile(r'(?:"(?:[^"]++|"")*+"|[^"\t\n]*+)(?:[\t\n](?:"(?:[^"]++|"")*+"|[^"\t\n]*+))*+')

LONGEST_FIELD = 2**31 - 1  # characters; the csv module's own limit is 131,072, shorter than many texts


def read_rows(
    path: Path,
    *,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    header: Sequence[str] | None = None,
) -> Iterator[Row]:
    """Yield the rows of a CSV, TSV, JSON Lines or Parquet file.

    ``header`` names the columns of a CSV or TSV file whose first line does not.  Between tabs, quotation
    marks are part of the text unless every one of the file quotes a field: most such files quote nothing.
    Raises DataError, naming file and row, for what is no such file, for a ragged row, and for a
    table without rows; MissingExtraError for a Parquet file when pyarrow is not installed.
    """
    suffix = path.suffix.lower()
    if suffix in DELIMITERS or delimiter is not None:
        fields = _fields(path, encoding, delimiter)
        rows = _named(path, fields, header, delimiter or DELIMITERS[suffix])
    elif suffix in JSON_LINES:
        rows = _json_lines(path, read_text(path, encoding))
    elif suffix in PARQUET:
        rows = parquet_rows(path)
    else:
        raise DataError(f"{path} is no table this can read; the name should end in {', '.join(SUFFIXES)}")
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        raise DataError(f"{path} has no rows")


def value(row: Row, column: str) -> Any:
    """Return the value of ``column``; DataError that lists the columns when there is none."""
    where, values = row
    if column not in values:
        raise DataError(f"{where}: " + unknown("column", column, values))
    return values[column]


def text_value(row: Row, column: str) -> str:
    """Return a text that is not blank, or raise DataError naming the row."""
    found = value(row, column)
    if found is not None and not isinstance(found, str):
        raise DataError(f"{row[0]}: the column {column!r} holds {found!r:.60}, which is no text")
    if not (found or "").strip():
        raise DataError(f"{row[0]}: the column {column!r} is empty; fill the row or take it out")
    return str(found)


def label_value(row: Row, column: str) -> str:
    """Return a label as text, numbers and truth values as they are written, or raise DataError."""
    found = value(row, column)
    if found is not None and not isinstance(found, str | int | float):
        raise DataError(f"{row[0]}: the column {column!r} holds {found!r:.60}, which is no label")
    label = "" if found is None or found != found else str(found).strip()
    if not label:
        raise DataError(f"{row[0]}: the column {column!r} has no label; fill the row or take it out")
    return label


def first_fields(path: Path, n: int, *, encoding: str, delimiter: str | None = None) -> list[list[str]]:
    """Return the fields of the first ``n`` lines of a CSV or TSV file; none of another.

    Raises DataError, naming file and line, as ``read_rows`` does.
    """
    if path.suffix.lower() not in DELIMITERS and delimiter is None:
        return []
    return [fields for _, fields in itertools.islice(_fields(path, encoding, delimiter), n)]


def _fields(path: Path, encoding: str, delimiter: str | None) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of the last line, fields) of each row that has any."""
    delimiter = delimiter or DELIMITERS[path.suffix.lower()]
    text = read_text(path, encoding)
    raw = delimiter == "\t" and not QUOTED.fullmatch(text)
    with long_fields():
        quoting: Literal[0, 3] = csv.QUOTE_NONE if raw else csv.QUOTE_MINIMAL
        lines = io.StringIO(text, newline="")
        reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
        try:
            yield from ((reader.line_num, fields) for fields in reader if fields)
        except csv.Error as error:
            raise DataError(f"{path}, line {reader.line_num}: {error}") from error


def _named(
    path: Path, rows: Iterator[tuple[int, list[str]]], header: Sequence[str] | None, delimiter: str
) -> Iterator[Row]:
    """Yield each row's values by column; the first row names the columns where no ``header`` does."""
    names = list(header) if header is not None else _header(path, next(rows, (0, []))[1])
    for n, (line, fields) in enumerate(rows, start=1):
        where = f"{path}, row {n} (line {line})"
        if len(fields) != len(names):
            raise DataError(
                f"{where}: {len(fields)} fields, but the {'header' if header is None else 'first line'} has "
                f"{len(names)}; is a {delimiter!r} or a quotation mark inside a text left unquoted?"
            )
        yield where, dict(zip(names, fields, strict=True))


def _header(path: Path, names: Sequence[str]) -> list[str]:
    header = [name.strip() for name in names]
    if not any(header):
        raise DataError(f"{path} is empty or begins with a blank line; the first line names the columns")
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise DataError(f"{path}: two columns are named {twice!r}")
    return header


@contextmanager
def long_fields() -> Iterator[None]:
    """Lift the csv module's limit on fields, which is one for the whole process, for a while."""
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _json_lines(path: Path, text: str) -> Iterator[Row]:
    n = 0
    for line_number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        n += 1
        where = f"{path}, row {n} (line {line_number})"
        try:
            values = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(
                f"{where}: {error.msg} at column {error.colno}; each line is one JSON object"
            ) from error
        if not isinstance(values, dict):
            raise DataError(f"{where}: each line is one JSON object, got {line.strip():.40}")
        yield where, values


def parquet_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a Parquet file; raises as ``read_rows`` does."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("reading a Parquet file", "pyarrow", "parquet") from error
    try:
        table = pyarrow.parquet.ParquetFile(path)
        rows = (row for batch in table.iter_batches() for row in batch.to_pylist())
        for n, values in enumerate(rows, start=1):
            yield f"{path}, row {n}", values
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(f"cannot read {path} as Parquet: {error}") from error
