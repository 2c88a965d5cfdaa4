"""The rows of the tables beside this file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from armillary.core.errors import DataError

FOLDER = Path(__file__).parent


def rows_of(name: str) -> list[dict[str, str]]:
    """Return the rows of the table called ``name``."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def number(row: Mapping[str, str], column: str) -> float | None:
    """Return a cell's number, None where it is empty.  DataError names the row."""
    try:
        return float(row[column]) if row[column] else None
    except ValueError as error:
        raise DataError(f"{row.get('name', 'a row')}: {column} = {row[column]!r} is no number") from error
