"""What the record holds: rows of models, accelerators and measures, each with figures and a source."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from armillary.core.errors import DataError
from armillary.trends.series import decimal_year

Precision = Literal["day", "month", "quarter", "year"]


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A positive figure as a table states it.

    ``low`` and ``high`` equal the value where it is stated plainly and lie apart where the table gives a
    range or says "about".  A figure known only to be below or above something has the value NaN.
    """

    value: float
    low: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> Amount:
        """Return a figure that is stated plainly."""
        return cls(value=value, low=value, high=value)

    @classmethod
    def between(cls, low: float, high: float) -> Amount:
        """Return a figure stated as a range; its value is the geometric mean."""
        return cls(value=math.sqrt(low) * math.sqrt(high), low=low, high=high)

    @classmethod
    def bounded(cls, low: float, high: float) -> Amount:
        """Return a figure of which only bounds are known; ``low`` may be 0 and ``high`` infinite."""
        return cls(value=math.nan, low=low, high=high)

    def times(self, other: Amount) -> Amount:
        """Return the product, its bounds the products of the bounds."""
        return Amount(value=self.value * other.value, low=self.low * other.low, high=self.high * other.high)

    def over(self, other: Amount) -> Amount:
        """Return the ratio, its bounds as far apart as those of both allow; ``other`` is bounded above 0."""
        return Amount(value=self.value / other.value, low=self.low / other.high, high=self.high / other.low)

    def raised(self) -> Amount:
        """Return ten to the power of a figure that a table states as a logarithm."""
        return Amount(value=10.0**self.value, low=10.0**self.low, high=10.0**self.high)

    @property
    def known(self) -> bool:
        """Whether it has a value, be it uncertain."""
        return not math.isnan(self.value)


@dataclass(frozen=True, kw_only=True)
class Date:
    """A date and how precisely it is known; what is known to the month or year stands at its middle."""

    day: datetime.date
    precision: Precision = "day"

    @property
    def year(self) -> float:
        """The decimal year, as published trends count it."""
        return decimal_year(self.day)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One model, accelerator or measure, and where it comes from."""

    name: str
    date: Date
    amounts: Mapping[str, Amount]  # by the names of quantities
    organisation: str = ""
    domains: tuple[str, ...] = ()
    family: str = ""  # of architecture: CNN, RNN, Transformer, ...
    hardware: str = ""
    confidence: str = ""  # of a model's figures: Confident, Likely, Speculative
    notable: bool | None = None  # None: the table does not say
    base_model: str = ""  # what it was fine-tuned from
    source: str = ""
    edition: str = ""  # of the report or table that the figures come from
    bound_source: str = ""  # where bounds come from, if not from the source
    note: str = ""

    def amount(self, quantity: str) -> Amount | None:
        """Return a figure, or None where the table has none."""
        return self.amounts.get(quantity)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What a table says that could not be used, and where."""

    row: str  # "row 12"
    name: str  # of the row's subject
    column: str  # of the table
    text: str
    reason: str
    dropped: bool = False  # the whole row, not one cell

    def __str__(self) -> str:
        what = "left out" if self.dropped else "cell left out"
        given = f" = {self.text!r}" if self.text else ""
        return f"{self.row} ({self.name or 'no name'}): {self.column}{given} {self.reason}; {what}"


@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows of a table, what of it could not be used, and how its cells were read."""

    title: str
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    unread: tuple[str, ...] = ()  # columns of which nothing is known
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities that some row has, in the order met."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.amounts))

    @property
    def dropped(self) -> tuple[Problem, ...]:
        """Rows that could not be used at all."""
        return tuple(problem for problem in self.problems if problem.dropped)


def years(rows: tuple[Row, ...]) -> np.ndarray:
    """Return the decimal years of rows."""
    return np.array([row.date.year for row in rows], dtype=np.float64)


def latest_editions(rows: tuple[Row, ...]) -> tuple[tuple[Row, ...], tuple[Problem, ...]]:
    """Keep the row of the latest edition where several state one name and date; report the others.

    Editions are compared as text, so they begin with the year: "2026-08 Epoch AI".
    """
    latest: dict[tuple[str, datetime.date], str] = {}
    for row in rows:
        key = (row.name, row.date.day)
        latest[key] = max(row.edition, latest.get(key, ""))
    old = [row for row in rows if row.edition < latest[row.name, row.date.day]]
    problems = tuple(
        Problem(
            row="older edition",
            name=row.name,
            column="edition",
            text=row.edition,
            reason=f"is superseded by {latest[row.name, row.date.day]}",
            dropped=True,
        )
        for row in old
    )
    return tuple(row for row in rows if row.edition == latest[row.name, row.date.day]), problems


def require_rows(table: Table) -> Table:
    """Return ``table``; DataError when none of its rows can be used."""
    if not table.rows:
        first = f"; the first: {table.problems[0]}" if table.problems else ""
        raise DataError(f"{table.title} has no row that can be used, of {len(table.dropped)}{first}")
    return table
