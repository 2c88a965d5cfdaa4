"""Curves from a table: columns x and y, and others for which curve a row is of and whether it is held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from armillary.core.errors import DataError, unknown
from armillary.scaling.curves.curve import Curve
from armillary.scaling.observations import Dropped
from armillary.scaling.tables import parse_number, read_records

CURVE_COLUMNS = ("x", "y", "curve", "training")
GIVEN = ("1", "1.0", "true", "fit", "train", "training")
HELD_OUT = ("0", "0.0", "false", "held-out", "test")


@dataclass(frozen=True)
class _Row:
    """One usable row of the table."""

    label: str  # where it stands: "row 3"
    x: float
    y: float
    given: bool


def read_curves(path: Path, columns: Mapping[str, str]) -> tuple[Curve, ...]:
    """Read the curves of a CSV, TSV, JSON lines or Parquet table, in order of their first row.

    ``columns`` says under which names the table has ``x``, ``y``, ``curve`` (one column or several,
    separated by commas: every combination is a curve) and ``training`` (0 marks rows held out; also
    without a mapping, as "training" or "role" in any case).  Rows that cannot be used, and rows merged
    because they share their x, are listed with the reason.  Raises DataError when a column is missing
    or no row can be used.
    """
    header, records = read_records(path)
    names = _names(path, header, columns)
    rows: dict[str, list[_Row]] = {}
    dropped: dict[str, list[Dropped]] = {}
    for label, record in records:
        curve = ", ".join(str(record.get(column) or "").strip() for column in names["curve"])
        rows.setdefault(curve, [])
        dropped.setdefault(curve, [])
        try:
            rows[curve].append(_row(label, record, names))
        except DataError as error:
            dropped[curve].append(Dropped(row=label, reason=str(error)))
    if not any(rows.values()):
        first = [row for of_curve in dropped.values() for row in of_curve][:1]
        why = f"; the first: {first[0].row} {first[0].reason}" if first else ""
        raise DataError(f"{path} has no row that can be used, of {len(records)}{why}")
    return tuple(_curve(name, rows[name], dropped[name]) for name in rows)


def holds_curves(path: Path, columns: Mapping[str, str]) -> bool:
    """Return whether ``path`` is a table of curves: columns x and y are mapped, or there and none is."""
    if columns:
        return any(name in columns for name in CURVE_COLUMNS)
    return path.is_file() and {"x", "y"} <= set(read_records(path)[0])


def _names(path: Path, header: Sequence[str], columns: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the table's columns for each of ours: exactly one for x and y, any number for the others."""
    names = {ours: [columns.get(ours, ours)] for ours in ("x", "y")}
    names["curve"] = _several(columns["curve"], header) if "curve" in columns else ["curve"]
    names["training"] = (
        [columns["training"]]
        if "training" in columns
        else [name for name in header if name.lower() in ("training", "role")][:1]
    )
    if "curve" not in columns and "curve" not in header:
        names["curve"] = []
    for ours, theirs in names.items():
        for name in theirs:
            if name not in header:
                raise DataError(
                    f"{path}: {unknown(f'column (for {ours})', name, header)}; "
                    f"map it with --columns {ours}=NAME"
                )
    return names


def _several(text: str, header: Sequence[str]) -> list[str]:
    """Return the columns meant by ``text``: one whose name has a comma, or several separated by commas."""
    return [text] if text in header else [name.strip() for name in text.split(",")]


def _row(label: str, record: Mapping[str, Any], names: Mapping[str, Sequence[str]]) -> _Row:
    x, y = (parse_number(ours, record.get(names[ours][0])) for ours in ("x", "y"))
    return _Row(label, x, y, _is_given(record, names["training"]))


def _is_given(record: Mapping[str, Any], column: Sequence[str]) -> bool:
    if not column:
        return True
    role = str(record.get(column[0], "")).strip()
    if role.lower() not in GIVEN + HELD_OUT:
        raise DataError(f"has {column[0]} = {role!r}, which is neither 1 (given) nor 0 (held out)")
    return role.lower() in GIVEN


def _curve(name: str, rows: Sequence[_Row], dropped: Sequence[Dropped]) -> Curve:
    given, merged = _distinct([row for row in rows if row.given])
    held_out = sorted((row.x, row.y) for row in rows if not row.given)
    return Curve(
        name=name,
        x=np.array([x for x, _ in given]),
        y=np.array([y for _, y in given]),
        held_out_x=np.array([x for x, _ in held_out]),
        held_out_y=np.array([y for _, y in held_out]),
        dropped=(*dropped, *merged),
    )


def _distinct(rows: Sequence[_Row]) -> tuple[list[tuple[float, float]], list[Dropped]]:
    """Return points at distinct x: repeated rows once, several y at one x as their geometric mean."""
    at: dict[float, list[_Row]] = {}
    merged: list[Dropped] = []
    for row in rows:
        others = at.setdefault(row.x, [])
        same = next((other for other in others if other.y == row.y), None)
        if same is not None:
            merged.append(Dropped(row=row.label, reason=f"is the same as {same.label}"))
            continue
        if others:
            merged.append(
                Dropped(row=row.label, reason="has an x given before; the geometric mean of their y is used")
            )
        others.append(row)
    points = [(x, float(np.exp(np.mean([np.log(row.y) for row in at[x]])))) for x in sorted(at)]
    return points, merged
