"""What folders of recordings and of images have in common: tables beside the files, and splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from armillary.core.errors import DataError, unknown
from armillary.data.base import Split
from armillary.data.rows import Row, label_value
from armillary.data.splits import named_split


def usual_column(row: Row, given: str | None, usual: Sequence[str], field: str) -> str:
    """Return the column ``given``, or the one of the ``usual`` names that the row has.

    DataError where it has none of them; ``field`` of the source names it then.
    """
    where, values = row
    found = given or next((name for name in usual if name in values), None)
    if found is None:
        raise DataError(
            f"{where}: " + unknown("column", usual[0], values, f"name it: task.source.{field}=NAME")
        )
    return found


def split_of(row: Row, column: str) -> Split | None:
    """Return the split that a row names in ``column``, None where it has none; DataError for another word."""
    if column not in row[1]:
        return None
    mark = label_value(row, column)
    split = named_split(mark)
    if split is None:
        raise DataError(f"{row[0]}: {column!r} is train, validation or test, got {mark!r}")
    return split


def folder_split(path: Path, splits: Mapping[Path, Split]) -> Split | None:
    """Return the split of the folder that ``path`` lies in, if it lies in one of ``splits``."""
    return next((splits[folder] for folder in path.parents if folder in splits), None)
