"""What a trend is fitted to: one quantity over time, some values uncertain or known by bounds alone."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from jaxtyping import Bool, Float

from armillary.core.errors import DataError, RequestError


def decimal_year(date: datetime.date) -> float:
    """Return a decimal year, year + (month - 1)/12 + (day - 1)/365, as the published fits have it."""
    return date.year + (date.month - 1) / 12 + (date.day - 1) / 365


def month_of(year: float) -> str:
    """Return the month that a decimal year lies in: 2018.04 -> ``2018-01``."""
    months = math.floor(year * 12 + 1e-6)
    return f"{months // 12}-{months % 12 + 1:02d}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """Values of one quantity, by date.

    ``dates`` are decimal years and ``values`` positive, in ``unit``.  ``low`` and ``high`` bound each value:
    both equal to it where it is exact, apart where it is uncertain (by a factor of two: value/2 and value*2).
    Where only bounds are known the value is NaN; ``low`` may then be 0 and ``high`` infinite.  ``frontier``
    is n where a row was among the n largest of its day, 0 where rows were chosen otherwise.  ``ceiling`` is
    what the quantity cannot pass, where that is known: 1 of a share, all people of users.

    Raises DataError when the columns differ in length or a number cannot be what it stands for, RequestError
    for a ceiling below a value.
    """

    quantity: str  # its name
    unit: str
    selection: str  # in words: "notable, 2010-2026"
    dates: Float[np.ndarray, " points"]  # decimal years
    values: Float[np.ndarray, " points"]  # in the unit; NaN where only bounds are known
    low: Float[np.ndarray, " points"]  # bound of each value
    high: Float[np.ndarray, " points"]  # bound of each value
    names: tuple[str, ...]  # of the rows
    sources: tuple[str, ...]  # of the rows
    frontier: int = 0  # rows among so many largest of their day; 0: chosen otherwise
    ceiling: float | None = None  # what the quantity cannot pass; None: not known

    def __post_init__(self) -> None:
        columns = (self.dates, self.values, self.low, self.high, self.names, self.sources)
        if len({len(column) for column in columns}) != 1:
            lengths = ", ".join(str(len(column)) for column in columns)
            raise DataError(f"{self.quantity}: columns of a series have the same length, not {lengths}")
        self._refuse(~np.isfinite(self.dates), "has no date")
        self._refuse(
            ~(np.isnan(self.values) | (self.values > 0) & np.isfinite(self.values)), "is not positive"
        )
        self._refuse(
            ~((self.low >= 0) & (self.high > 0) & (self.low <= self.high)), "has bounds out of order"
        )
        if self.ceiling is not None and not self.ceiling > np.nanmax(self.values, initial=0.0):
            raise RequestError(
                f"a ceiling of {self.ceiling:g} lies below {self.quantity} of {np.nanmax(self.values):g}; "
                "give a higher one"
            )
        inside = np.isnan(self.values) | (self.low <= self.values) & (self.values <= self.high)
        self._refuse(~inside, "lies outside its bounds")
        self._refuse(
            ~np.isnan(self.values) & ~((self.low > 0) & np.isfinite(self.high)), "is known and not bounded"
        )

    def _refuse(self, bad: Bool[np.ndarray, " points"], reason: str) -> None:
        if bad.any():
            i = int(np.argmax(bad))
            shown = f"{self.values[i]:g} in [{self.low[i]:g}, {self.high[i]:g}] at {self.dates[i]:g}"
            raise DataError(
                f"{self.quantity} of {self.names[i]!r} {reason}: {shown}; correct or leave out the row"
            )

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def exact(self) -> Bool[np.ndarray, " points"]:
        """Which rows have a value, be it uncertain, and not bounds alone."""
        known: np.ndarray = ~np.isnan(self.values)
        return known

    def take(self, mask: Bool[np.ndarray, " points"]) -> Self:
        """Return the rows where ``mask`` holds."""
        rows = np.flatnonzero(mask)
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in ("dates", "values", "low", "high")},
            names=tuple(self.names[i] for i in rows),
            sources=tuple(self.sources[i] for i in rows),
        )

    def since(self, date: float) -> Self:
        """Return the rows of ``date`` and later."""
        return self.take(self.dates >= date)

    def until(self, date: float) -> Self:
        """Return the rows before the end of ``date``: what was known then."""
        return self.take(self.dates <= date)

    def known(self) -> Self:
        """Return the rows that have a value."""
        return self.take(self.exact)
