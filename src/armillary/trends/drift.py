"""What a newer table changes: which earlier projections left their interval, and which rows did it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float

from armillary.core.errors import FitError
from armillary.fitting.uncertainty import Interval
from armillary.trends.series import Series

Kind = Literal["new", "revised", "redated", "removed"]
# A series and decimal years -> courses of the trend, log10
Project = Callable[[Series, Float[np.ndarray, " years"]], Float[np.ndarray, "draws years"]]
SAME = 1e-3  # orders of magnitude below which a figure is the same
SAME_DATE = 1e-6  # years
MOST_ROWS = 10  # that the result names


@dataclass(frozen=True, kw_only=True)
class Change:
    """A row that differs between two tables, and how far it alone moves the straight line."""

    name: str
    kind: Kind  # how the row differs
    date: float  # decimal year, in the newer table where it stands there
    before: float | None  # value; None where the older table has none
    after: float | None  # value; None where the newer table has none
    shift: float  # orders of magnitude by which it moves the straight line in the last year asked for
    source: str


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A projection before and after."""

    year: float  # decimal, that is projected
    before: float  # median
    before_90: Interval
    after: float  # median
    left_90: bool  # the new median lies outside the earlier 90% interval
    orders: float  # log10 of after over before


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What changed between two tables of one quantity."""

    quantity: str  # its name
    moved: tuple[Moved, ...]
    changes: tuple[Change, ...]  # those that move the line most come first, at most ten
    counts: dict[Kind, int]  # of all changes
    came_later: int  # new rows with a value, dated after the older table's last
    coverage_50: float | None  # share of those within the earlier rows' 50% band; None: none came later
    coverage_90: float | None  # likewise, of the 90% band

    @property
    def left(self) -> tuple[Moved, ...]:
        """The projections that left their interval."""
        return tuple(moved for moved in self.moved if moved.left_90)


def drift(older: Series, newer: Series, years: Float[np.ndarray, " years"], project: Project) -> Drift:
    """Refit on ``newer`` what was projected from ``older``, with one method, to decimal ``years``.

    Which rows did it is told by a straight line through the values: each change is undone alone and the
    line drawn again.  FitError when either table has too few rows.
    """
    earlier, later = project(older, years), project(newer, years)
    changes = _changes(older, newer, float(years[-1]))
    fresh = _fresh(older, newer)
    inside = _inside(older, fresh, project)
    return Drift(
        quantity=newer.quantity,
        moved=tuple(_moved(float(year), earlier[:, i], later[:, i]) for i, year in enumerate(years)),
        changes=tuple(sorted(changes, key=lambda change: -abs(change.shift))[:MOST_ROWS]),
        counts={
            kind: sum(c.kind == kind for c in changes) for kind in ("new", "revised", "redated", "removed")
        },
        came_later=len(fresh),
        coverage_50=inside[0],
        coverage_90=inside[1],
    )


def _moved(year: float, earlier: Float[np.ndarray, " draws"], later: Float[np.ndarray, " draws"]) -> Moved:
    low, before, high = np.quantile(earlier, [0.05, 0.5, 0.95])
    after = float(np.median(later))
    return Moved(
        year=year,
        before=float(10**before),
        before_90=Interval(low=float(10**low), high=float(10**high)),
        after=10**after,
        left_90=not low <= after <= high,
        orders=after - float(before),
    )


def _changes(older: Series, newer: Series, year: float) -> list[Change]:
    """Return all changed rows with their influence on the line at ``year``."""
    old, new = _index(older), _index(newer)
    line = _line_at(newer.known(), year)
    found = []
    for name in dict.fromkeys((*new, *old)):
        kind = _kind(older, newer, old.get(name), new.get(name))
        if kind is None:
            continue
        i, j = new.get(name), old.get(name)
        row, at = (newer, i) if i is not None else (older, old[name])
        found.append(
            Change(
                name=name,
                kind=kind,
                date=float(row.dates[at]),
                before=None if j is None else _value(older, j),
                after=None if i is None else _value(newer, i),
                shift=line - _line_at(_undone(newer, older, i, j), year),
                source=row.sources[at],
            )
        )
    return found


def _index(series: Series) -> dict[str, int]:
    """Return where each name stands; of several rows of a name the last."""
    return {name: i for i, name in enumerate(series.names)}


def _value(series: Series, i: int) -> float | None:
    value = float(series.values[i])
    return None if np.isnan(value) else value


def _kind(older: Series, newer: Series, old: int | None, new: int | None) -> Kind | None:
    """Return how a row changed, None if it did not."""
    if old is None:
        return "new"
    if new is None:
        return "removed"
    figures = [np.log10([s.low[i] + 1e-300, s.high[i] + 1e-300]) for s, i in ((older, old), (newer, new))]
    values = [np.nan_to_num(np.log10(s.values[i]), nan=-1.0) for s, i in ((older, old), (newer, new))]
    apart = np.abs(np.nan_to_num(figures[1] - figures[0])).max()
    if max(apart, abs(values[1] - values[0])) > SAME:
        return "revised"
    return "redated" if abs(older.dates[old] - newer.dates[new]) > SAME_DATE else None


def _undone(newer: Series, older: Series, new: int | None, old: int | None) -> Series:
    """Return the known rows of the newer table with one change undone."""
    keep = np.ones(len(newer), dtype=bool)
    if new is not None:
        keep[new] = False
    rest = newer.take(keep & newer.exact)
    return rest if old is None else _joined(rest, older.take(np.arange(len(older)) == old).known())


def _joined(first: Series, second: Series) -> Series:
    columns = ("dates", "values", "low", "high")
    dates, values, low, high = (
        np.concatenate([getattr(first, name), getattr(second, name)]) for name in columns
    )
    return replace(
        first,
        dates=dates,
        values=values,
        low=low,
        high=high,
        names=first.names + second.names,
        sources=first.sources + second.sources,
    )


def _line_at(series: Series, year: float) -> float:
    """Return the straight line through log10 of the values, at ``year``."""
    if len(series) < 2 or np.ptp(series.dates) == 0:
        raise FitError(f"{series.quantity} has {len(series)} rows with a value; a line needs two dates")
    centre = float(series.dates.mean())
    slope, height = np.polyfit(series.dates - centre, np.log10(series.values), 1)
    return float(height + slope * (year - centre))


def _fresh(older: Series, newer: Series) -> Series:
    """Return the newer table's rows with a value that came after the older table's last."""
    known = set(older.names)
    fresh = np.array([name not in known for name in newer.names], dtype=bool)
    return newer.take(fresh & newer.exact & (newer.dates > older.dates.max()))


def _inside(older: Series, fresh: Series, project: Project) -> tuple[float | None, float | None]:
    """Return the share of fresh rows within the 50% and 90% band of rows about the earlier trend."""
    if not len(fresh):
        return None, None
    known = older.known()
    about = np.log10(known.values) - np.median(project(older, known.dates), axis=0)
    ahead = project(older, fresh.dates)
    about *= np.sqrt(len(known) / max(len(known) - 2, 1))  # a line was fitted to them
    rng = np.random.default_rng(0)
    rows = ahead + rng.choice(about, ahead.shape)
    logs = np.log10(fresh.values)
    return _share(logs, rows, 0.5), _share(logs, rows, 0.9)


def _share(logs: Float[np.ndarray, " rows"], draws: Float[np.ndarray, "draws rows"], level: float) -> float:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return float(np.mean((low <= logs) & (logs <= high)))
