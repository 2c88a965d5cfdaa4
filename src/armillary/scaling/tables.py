"""Tables of runs that were made elsewhere: CSV, TSV, JSON lines or Parquet, with columns of any name."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from armillary.core.errors import ConfigError, DataError, unknown
from armillary.core.units import parse_count
from armillary.data.rows import PARQUET, parquet_rows
from armillary.scaling.observations import FLOP_PER_PARAM_TOKEN, Dropped, Observation, Observations

SIZES = ("n_params", "n_tokens", "train_flops")
OPTIONAL = ("seconds", "n_unique_tokens")
NUMBERS = (*SIZES, "loss", *OPTIONAL)
COLUMNS = (*NUMBERS, "family", "name", "lineage")
NOTHING = ("", "nan", "na", "n/a", "null", "none")


def read_table(path: Path, columns: Mapping[str, str]) -> Observations:
    """Read the rows of ``path``; ``columns`` maps our names to the table's where they differ.

    Rows that cannot be used are listed as dropped with the reason.  Raises DataError when the file
    cannot be read, lacks a column, or no row can be used.
    """
    header, records = read_records(path)
    names = _column_names(path, header, columns)
    derived = _derived(path, names)
    rows: list[Observation] = []
    dropped: list[Dropped] = []
    seen: dict[Observation, str] = {}
    for label, record in records:
        try:
            row = _observation(label, {ours: record.get(theirs) for ours, theirs in names.items()}, derived)
            key = _without_name(row)
            if key in seen:
                raise DataError(f"is the same as {seen[key]}")
            seen[key] = label
            rows.append(row)
        except DataError as error:
            dropped.append(Dropped(row=label, reason=str(error)))
    if not rows:
        first = f"; the first: {dropped[0].row} {dropped[0].reason}" if dropped else ""
        raise DataError(f"{path} has no row that can be used, of {len(dropped)}{first}")
    assumed = (f"{derived} from train_flops = 6 n_params n_tokens",) if derived else ()
    return Observations(rows=tuple(rows), dropped=tuple(dropped), assumptions=assumed)


def parse_columns(assignments: list[str], known: Sequence[str] = COLUMNS) -> dict[str, str]:
    """Return the mapping meant by ``n_params=Model Size``; ``known`` are the names on the left.

    ConfigError when one is no assignment or its name is not known.
    """
    mapping: dict[str, str] = {}
    for assignment in assignments:
        ours, sign, theirs = assignment.partition("=")
        if not sign or not theirs:
            raise ConfigError(f"{assignment!r} maps no column; write n_params='Model Size'")
        if ours not in known:
            raise ConfigError(unknown("column of observations", ours, known))
        mapping[ours] = theirs
    return mapping


def read_records(path: Path) -> tuple[list[str], list[tuple[str, Mapping[str, Any]]]]:
    """Return (column names, rows labelled by where they stand in the file)."""
    if path.suffix.lower() in PARQUET:
        records = [(f"row {number}", row) for number, (_, row) in enumerate(parquet_rows(path), start=1)]
        return _keys(records), records
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        records = [*_json_lines(path, text)]
        return _keys(records), records
    if not text.strip():
        raise DataError(f"{path} is empty; it should have a header and one row per trained model")
    first = text.splitlines()[0]
    delimiter = "\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
        records = [(f"row {number}", row) for number, row in enumerate(reader, start=1)]
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}, is no line of a table: {error}") from error
    return list(reader.fieldnames), records


def _keys(records: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    return list(dict.fromkeys(key for _, record in records for key in record))


def _json_lines(path: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}, line {number}, is not JSON: {error.msg}") from error
        if not isinstance(record, dict):
            raise DataError(f"{path}, line {number}, is no object with columns: {line[:40]}")
        yield f"line {number}", record


def _column_names(path: Path, header: list[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Return the table's name of each of our columns that it has."""
    for ours, theirs in columns.items():
        if theirs not in header:
            raise DataError(f"{path}: " + unknown(f"column (for {ours})", theirs, header))
    names = {ours: columns.get(ours, ours) for ours in COLUMNS}
    return {ours: theirs for ours, theirs in names.items() if theirs in header}


def _derived(path: Path, names: Mapping[str, str]) -> str:
    """Return which of N, D, C has to be computed from the other two ("" for none)."""
    missing = [name for name in SIZES if name not in names]
    if "loss" not in names or len(missing) > 1:
        lacking = (["loss"] if "loss" not in names else []) + (missing if len(missing) > 1 else [])
        raise DataError(
            f"{path} has no column {', '.join(lacking)}; it needs loss and two of {', '.join(SIZES)}: "
            "map other names with --columns n_params='Model Size'"
        )
    return missing[0] if missing else ""


def _observation(label: str, cells: Mapping[str, Any], derived: str) -> Observation:
    numbers: dict[str, Any] = {
        name: parse_number(name, cells[name])
        for name in NUMBERS
        if name in cells and name != derived and not (name in OPTIONAL and _absent(cells[name]))
    }
    if derived:
        numbers[derived] = _third(derived, numbers)
    if numbers.get("n_unique_tokens", 0.0) > numbers["n_tokens"]:
        raise DataError("has more n_unique_tokens than n_tokens")
    return Observation(
        **numbers,
        family=str(cells.get("family") or ""),
        name=str(cells.get("name") or label),
        lineage=str(cells.get("lineage") or ""),
    )


def _third(derived: str, numbers: Mapping[str, float]) -> float:
    """Return what C = 6 N D says of the one of them that a table lacks."""
    if derived == "train_flops":
        value = FLOP_PER_PARAM_TOKEN * numbers["n_params"] * numbers["n_tokens"]
    else:
        other = "n_tokens" if derived == "n_params" else "n_params"
        value = numbers["train_flops"] / FLOP_PER_PARAM_TOKEN / numbers[other]
    if not 0 < value < math.inf:
        raise DataError(f"has {derived} = {value:g} by train_flops = 6 n_params n_tokens")
    return value


def _absent(cell: Any) -> bool:
    """Whether a cell is empty, not a number, or a word for nothing."""
    return cell is None or cell != cell or (isinstance(cell, str) and cell.strip().lower() in NOTHING)


def parse_number(name: str, cell: Any) -> float:
    """Return a cell's value, or raise DataError with what is wrong with it."""
    if _absent(cell):
        given = "" if cell is None else str(cell).strip()
        raise DataError(f"has no {name}" + (f" ({given})" if given else ""))
    if isinstance(cell, str) and cell.strip().lower().lstrip("+-") in ("inf", "infinity"):
        raise DataError(f"has an infinite {name}")
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise DataError(f"has {name} = {cell!r}, which is no number")
    try:
        value = parse_count(cell)
    except ConfigError as error:
        raise DataError(f"has {name} = {cell!r}, which is no number (1.3B and 3e20 are)") from error
    except OverflowError as error:  # an integer of hundreds of digits
        raise DataError(f"has {name} = {str(cell)[:12]}..., which is too large for a number") from error
    if math.isinf(value):
        raise DataError(f"has an infinite {name}")
    if value <= 0:
        raise DataError(f"has {name} = {value:g}, which is not above zero")
    return value


def _without_name(row: Observation) -> Observation:
    return Observation(
        n_params=row.n_params,
        n_tokens=row.n_tokens,
        train_flops=row.train_flops,
        loss=row.loss,
        family=row.family,
        seconds=row.seconds,
        lineage=row.lineage,
        n_unique_tokens=row.n_unique_tokens,
    )
