"""Tables of models, accelerators and supercomputers: a user's own, and Epoch AI's as downloaded.

Every row and cell that cannot be used is reported with the reason; columns of which nothing is known are
named.  Column names are those of the notable, large-scale, frontier and all models of Epoch AI's several
editions ("System" became "Model"; the training set was counted in datapoints, gradients, then in total),
of its hardware and supercomputers, and of the record that ships here.
"""

from __future__ import annotations

import csv
import functools
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from armillary.core.errors import DataError, unknown
from armillary.data.rows import long_fields
from armillary.trends.parsing import Order, is_nothing, parse_amount, parse_date, slashed
from armillary.trends.quantities import BOUNDS, LOGARITHMS, PUBLISHED, TEXTS, columns_of
from armillary.trends.rows import Amount, Problem, Row, Table, latest_editions, require_rows

NO = frozenset(("no", "false", "0"))
PLAIN_TEXTS = tuple(field for field in TEXTS if field not in ("name", "date", "domains", "notable"))
SHOWN = 60  # characters of a cell that a report repeats

Cells = Mapping[str, str]


def read_table(path: Path, columns: Mapping[str, str] | None = None) -> Table:
    """Read the rows of a CSV or TSV file.

    ``columns`` maps names of quantities and fields (or any new name, which becomes a quantity) to the
    table's columns where they differ from the published ones.  Raises DataError when the file cannot be
    read, has no column of dates, a named column is missing, or no row can be used.
    """
    header, records, decimal_comma = _records(path)
    names = _column_names(path, header, columns or {})
    used = {column for theirs in names.values() for column in theirs}
    order, notes = _date_order([_first(record, names["date"]) for _, record in records])
    rows: list[tuple[str, Row]] = []
    problems: list[Problem] = []
    for label, record in records:
        cells = {ours: _first(record, theirs) for ours, theirs in names.items()}
        row, found = _row(label, cells, order, decimal_comma)
        problems += (
            replace(problem, column=names.get(problem.column, (problem.column,))[0]) for problem in found
        )
        if row is not None:
            rows.append((label, row))
    kept, repeated = _distinct(rows, names.get("name", ("name",))[0])
    kept, superseded = latest_editions(kept)
    return require_rows(
        Table(
            title=str(path),
            rows=kept,
            problems=(*problems, *repeated, *superseded),
            unread=tuple(column for column in header if column and column not in used),
            notes=notes,
        )
    )


def _records(path: Path) -> tuple[list[str], list[tuple[str, Cells]], bool]:
    """Return (column names, rows labelled by where they stand, whether commas may be decimal)."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    if not text.strip():
        raise DataError(f"{path} is empty; it should have a header and one row per model")
    first = text.lstrip().splitlines()[0]
    delimiter = "\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        with long_fields():  # abstracts and lists of authors
            lines = [line for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}, is no line of a table: {error}") from error
    header = [name.strip() for name in lines[0]]
    records: list[tuple[str, Cells]] = [
        (f"row {number}", dict(zip(header, (" ".join(cell.split()) for cell in line), strict=False)))
        for number, line in enumerate(lines[1:], start=1)
    ]
    return header, records, delimiter == ";"


def _column_names(
    path: Path, header: Sequence[str], columns: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Return, for each of our fields that the table has, its columns in the order to look."""
    by_key = {_key(column): column for column in reversed(header)}
    for ours, theirs in columns.items():
        if theirs not in header:
            raise DataError(f"{path}: " + unknown(f"column (for {ours})", theirs, header))
    fields = (*TEXTS, *PUBLISHED, *BOUNDS, *LOGARITHMS)
    found = {ours: tuple(by_key[key] for key in columns_of(ours) if key in by_key) for ours in fields}
    found |= {ours: (theirs,) for ours, theirs in columns.items()}
    names = {ours: theirs for ours, theirs in found.items() if theirs}
    if "date" not in names:
        raise DataError(
            f"{path}: " + unknown("column of dates", "Publication date", header, "map one: date='Released'")
        )
    return names


def _key(column: str) -> str:
    return re.sub(r"\s+", " ", column).strip().casefold()


def _first(record: Cells, columns: Sequence[str]) -> str:
    """Return the first cell of ``columns`` that says something."""
    return next((record[name] for name in columns if not is_nothing(record.get(name, ""))), "")


def _date_order(cells: Sequence[str]) -> tuple[Order, tuple[str, ...]]:
    """Return whether 5/1/2023 is in May, judged by the dates of which only one reading makes sense."""
    pairs = [pair for cell in cells if (pair := slashed(cell))]
    first, second = (any(pair[i] > 12 for pair in pairs) for i in (0, 1))
    if first and not second:
        return "day first", ("dates such as 13/5/2023 put the day first",)
    if pairs and not second:
        return "month first", ("dates such as 5/1/2023 are read as month first: none tells otherwise",)
    return "month first", ("dates put the day first in some rows: read one by one",) if first else ()


def _row(label: str, cells: Cells, order: Order, decimal_comma: bool) -> tuple[Row | None, list[Problem]]:
    """Return the row that cells state, or None, and what of them could not be used."""
    problem = functools.partial(_problem, label, cells)
    try:
        date = parse_date(cells["date"], order)
    except DataError as error:
        reason = str(error) if cells["date"] else "is missing"
        return None, [problem("date", reason, dropped=True)]
    amounts: dict[str, Amount] = {}
    problems = []
    for column in cells:
        if column not in TEXTS and cells[column]:
            try:
                amounts[column] = parse_amount(cells[column], decimal_comma=decimal_comma)
            except DataError as error:
                problems.append(problem(column, str(error)))
    for column in LOGARITHMS.keys() & amounts:
        amounts.setdefault(column.removesuffix("_log"), amounts.pop(column).raised())
    if misplaced := _merge_bounds(amounts):
        problems.append(problem(*misplaced))
    row = Row(
        **{field: cells.get(field, "") for field in PLAIN_TEXTS},
        name=cells.get("name") or label,
        date=date,
        amounts=amounts | derived(amounts),
        domains=tuple(part.strip() for part in cells.get("domains", "").split(",") if part.strip()),
        notable=_notable(cells),
    )
    return row, problems


def _problem(label: str, cells: Cells, column: str, reason: str, dropped: bool = False) -> Problem:
    name, text = cells.get("name", ""), cells.get(column, "")
    shown = text if len(text) <= SHOWN else text[:SHOWN] + "..."
    return Problem(row=label, name=name, column=column, text=shown, reason=reason, dropped=dropped)


def _merge_bounds(amounts: dict[str, Amount]) -> tuple[str, str] | None:
    """Put bounds that have columns of their own about the value; return what is wrong with them."""
    low, high = amounts.pop("training_flop_low", None), amounts.pop("training_flop_high", None)
    if low is None and high is None:
        return None
    least = low.low if low else 0.0
    most = high.high if high else math.inf
    value = amounts.get("training_flop")
    if least > most or (value and value.known and not least <= value.value <= most):
        return "training_flop", f"lies outside its bounds {least:g} to {most:g}, which are left out"
    if value is None or not value.known:
        amounts["training_flop"] = Amount.bounded(least, most)
    else:
        amounts["training_flop"] = Amount(
            value=value.value, low=least if low else value.low, high=most if high else value.high
        )
    return None


def derived(amounts: Mapping[str, Amount]) -> dict[str, Amount]:
    """Return the quantities that follow from those of a row: ratios, and energy from power and time."""
    derived = {
        name: amounts[quantity.ratio[0]].over(amounts[quantity.ratio[1]])
        for name, quantity in PUBLISHED.items()
        if quantity.ratio and all(_finite(amounts.get(part)) for part in quantity.ratio)
    }
    power, hours = amounts.get("power_watts"), amounts.get("hours")
    if power and hours and _finite(power) and _finite(hours):
        derived["energy_kwh"] = power.times(hours).over(Amount.exactly(1000.0))
    return derived


def _finite(amount: Amount | None) -> bool:
    return amount is not None and amount.known


def _notable(cells: Cells) -> bool | None:
    """Whether a row is notable: its criteria are named, or it says yes.  None where no column says."""
    if "notable" not in cells:
        return None
    return bool(cells["notable"]) and cells["notable"].casefold() not in NO


def _distinct(rows: Sequence[tuple[str, Row]], column: str) -> tuple[tuple[Row, ...], list[Problem]]:
    """Return rows without those that repeat another word for word, which are reported."""
    first: dict[tuple[object, ...], tuple[str, Row]] = {}
    problems = []
    for label, row in rows:
        key = (row.name, row.date, row.edition, tuple(sorted(row.amounts.items(), key=lambda item: item[0])))
        if key in first:
            reason = f"stands there already: {first[key][0]}"
            problems.append(
                Problem(row=label, name=row.name, column=column, text=row.name, reason=reason, dropped=True)
            )
        else:
            first[key] = (label, row)
    return tuple(row for _, row in first.values()), problems
