"""Which rows a trend is told of: rules as options, each named in the series that comes of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from armillary.core.errors import DataError, RequestError, UnknownNameError
from armillary.trends.outliers import large_scale, low_outliers
from armillary.trends.quantities import CEILINGS, RANKED_BY, Quantity
from armillary.trends.record.shipped import quantities
from armillary.trends.rows import Amount, Row, Table, latest_editions
from armillary.trends.series import Series

# 90% of figures lie within this factor, by the class that Epoch AI gives them (documentation of its data on
# AI models, field Confidence: half, one and one and a half orders of magnitude).
CONFIDENCE = {"Confident": 10**0.5, "Likely": 10.0, "Speculative": 10**1.5}
TWOFOLD = 2.0  # Sevilla et al. 2022
BY_CONFIDENCE = 0.0
LATEST = "latest"
OWN = Quantity(name="", kind="own", unit="", description="")  # a column of a user's


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which rows of a table to look at; what is None or False is not asked for."""

    since: float | None = None  # decimal year
    until: float | None = None
    notable: bool = False
    frontier: int | None = None  # the n largest of their day, models by compute
    frontier_by: str | None = None  # another quantity to judge them by
    domain: str | None = None
    organisation: str | None = None  # of a measure: the entity
    without_outliers: bool = False  # those far below their time
    large_scale: bool = False
    without_fine_tunes: bool = False  # of models that the table lists
    without_bounds: bool = False  # rows known by bounds alone
    edition: str | None = None  # of a measure that several tell; latest: each date by its own
    uncertainty: float = TWOFOLD  # factor about a model's figures; 1: none; 0: by the row's confidence class

    def __post_init__(self) -> None:
        if self.frontier is not None and self.frontier < 1:
            raise RequestError(f"the frontier is the n largest, n at least 1, not {self.frontier}")
        if not (self.uncertainty == BY_CONFIDENCE or 1 <= self.uncertainty < math.inf):
            raise RequestError(
                f"uncertainty is a factor of at least 1, or 0 by class, not {self.uncertainty:g}"
            )
        if self.since is not None and self.until is not None and self.since > self.until:
            raise RequestError(f"nothing lies between {self.since:g} and {self.until:g}; swap them")

    def words(self, table: Table) -> str:
        """Return the rules as a report names them."""
        kinds = [
            f"running top {self.frontier}{_by(self.frontier_by)}" if self.frontier else "",
            "large-scale" if self.large_scale else "",
            "notable" if self.notable and _tells_notable(table) else "",
            f"domain {self.domain}" if self.domain else "",
            f"of {self.organisation}" if self.organisation else "",
            "without low outliers" if self.without_outliers else "",
            "without fine-tunes" if self.without_fine_tunes else "",
            "without rows known by bounds" if self.without_bounds else "",
            _edition(self.edition),
        ]
        rules = ", ".join(filter(None, kinds)) or "all"
        ends = (_shown(self.since), _shown(self.until))
        span = f", {ends[0]}-{ends[1]}" if any(ends) else ""
        untold = "; it does not say what is notable" if self.notable and not _tells_notable(table) else ""
        return f"{rules}{span}; {table.title}{untold}"


def _by(quantity: str | None) -> str:
    return f" by {quantity}" if quantity else ""


def _edition(name: str | None) -> str:
    return "each date by its latest edition" if name == LATEST else f"edition {name}" if name else ""


def _shown(year: float | None) -> str:
    return "" if year is None else f"{year:.7g}"


def select(table: Table, name: str, selection: Selection | None = None) -> Series:
    """Return the series of the quantity ``name`` from the rows that ``selection`` keeps, in order of date.

    Outliers and the frontier are judged among all rows that have a value, those before ``since`` included;
    a row known by bounds alone belongs to the frontier where it may.  The frontier of models is that by
    training compute, whatever the quantity, as in the published trends of cost.

    Raises UnknownNameError for a quantity or a domain that no row has, DataError when nothing is left.
    """
    rules = selection or Selection()
    if name not in table.quantities:
        raise UnknownNameError("quantity of this table", name, table.quantities)
    table, rules = _one_story(table, name, rules)
    rules = replace(rules, frontier_by=_judge(table, name, rules))
    rows = tuple(sorted((row for row in table if name in row.amounts), key=lambda row: row.date.day))
    amounts = [row.amounts[name] for row in rows]
    keep = _kept(table, rows, name, amounts, rules)
    if not keep.any():
        raise DataError(f"no row with {name} is left: {rules.words(table)}; drop a rule or widen the years")
    chosen = np.flatnonzero(keep)
    bounds = np.array([_bounds(rows[i], amounts[i], rules.uncertainty) for i in chosen])
    known = quantities().get(name, OWN)
    return Series(
        quantity=name,
        unit=known.unit,
        selection=rules.words(table),
        dates=np.array([rows[i].date.year for i in chosen]),
        values=np.array([amounts[i].value for i in chosen]),
        low=bounds[:, 0],
        high=bounds[:, 1],
        names=tuple(rows[i].name for i in chosen),
        sources=tuple(_source(rows[i], amounts[i]) for i in chosen),
        frontier=0 if rules.frontier_by else rules.frontier or 0,
        ceiling=CEILINGS.get(known.unit),
    )


def _kept(
    table: Table, rows: tuple[Row, ...], name: str, amounts: list[Amount], rules: Selection
) -> Bool[np.ndarray, " rows"]:
    keep = _where(rows, lambda row: _in_years(row, rules))
    if rules.notable:
        keep &= _notable(table, rows)
    if rules.domain:
        keep &= _in_domain(table, rows, rules.domain)
    if rules.organisation:
        keep &= _by_organisation(rows, rules.organisation)
    if rules.edition:
        keep &= _where(rows, lambda row: rules.edition in (LATEST, row.edition))
    if rules.without_fine_tunes:
        listed = {row.name.casefold() for row in table}
        keep &= ~_where(rows, lambda row: row.base_model.casefold() in listed)
    if rules.without_bounds:
        keep &= _exact(amounts)
    if rules.without_outliers:
        keep &= ~_judged(rows, amounts, low_outliers)
    if rules.large_scale:
        keep &= _judged(rows, amounts, large_scale)
    if rules.frontier:
        keep &= _in_frontier(table, rows, rules.frontier_by or name, rules.frontier)
    return keep


def _one_story(table: Table, name: str, rules: Selection) -> tuple[Table, Selection]:
    """Return the rows of one entity and one edition, where a measure has several.

    Of several editions, unless one is named, that with the most rows is taken, of equals the latest: figures
    of the same year differ between editions, so they are mixed only when ``latest`` is asked for.
    """
    if quantities().get(name, OWN).kind != "measure":
        return table, rules
    rows = tuple(row for row in table if name in row.amounts)
    if rules.organisation:
        rows = tuple(row for row in rows if rules.organisation.casefold() in row.organisation.casefold())
    entities = sorted({row.organisation for row in rows})
    if len(entities) > 1:
        raise DataError(f"{name} is told of {', '.join(entities)}; name one with --organisation")
    counts = Counter(row.edition for row in rows)
    if rules.edition == LATEST:
        return replace(table, rows=latest_editions(rows)[0]), rules
    if rules.edition and rules.edition not in counts:
        raise UnknownNameError(f"edition of {name}", rules.edition, counts)
    if len(counts) > 1 and not rules.edition:
        rules = replace(rules, edition=max(counts, key=lambda edition: (counts[edition], edition)))
    return replace(table, rows=rows or table.rows), rules


def _where(rows: Iterable[Row], holds: Callable[[Row], bool]) -> Bool[np.ndarray, " rows"]:
    return np.array([holds(row) for row in rows], dtype=bool)


def _exact(amounts: Iterable[Amount]) -> Bool[np.ndarray, " rows"]:
    return np.array([amount.known for amount in amounts], dtype=bool)


def _in_years(row: Row, rules: Selection) -> bool:
    after = rules.since is None or row.date.year >= rules.since
    return after and (rules.until is None or row.date.year <= rules.until)


def _notable(table: Table, rows: tuple[Row, ...]) -> Bool[np.ndarray, " rows"]:
    """Return which rows are notable; all, where the table does not say (``words`` tells so)."""
    return (
        _where(rows, lambda row: row.notable is not False)
        if _tells_notable(table)
        else np.full(len(rows), True)
    )


def _tells_notable(table: Table) -> bool:
    return any(row.notable is not None for row in table)


def _in_domain(table: Table, rows: tuple[Row, ...], domain: str) -> Bool[np.ndarray, " rows"]:
    """Return which rows name ``domain`` among theirs."""
    wanted = domain.casefold()
    found = _where(rows, lambda row: any(wanted in part.casefold() for part in row.domains))
    if not found.any():
        raise UnknownNameError("domain", domain, {part for row in table for part in row.domains})
    return found


def _by_organisation(rows: tuple[Row, ...], organisation: str) -> Bool[np.ndarray, " rows"]:
    wanted = organisation.casefold()
    found = _where(rows, lambda row: wanted in row.organisation.casefold())
    if not found.any():
        raise UnknownNameError(
            "organisation", organisation, {row.organisation for row in rows if row.organisation}
        )
    return found


def _judged(
    rows: tuple[Row, ...], amounts: list[Amount], judge: Callable[..., Bool[np.ndarray, " rows"]]
) -> Bool[np.ndarray, " rows"]:
    """Return what ``judge`` says of the rows that have a value; False of the others."""
    known = np.flatnonzero(_exact(amounts))
    judged = np.zeros(len(rows), dtype=bool)
    judged[known] = judge([rows[i].date.day for i in known], np.array([amounts[i].value for i in known]))
    return judged


def _in_frontier(table: Table, rows: tuple[Row, ...], judge: str, n: int) -> Bool[np.ndarray, " rows"]:
    """Return which rows are among the n largest by ``judge`` of their day and all days before.

    All rows of the table compete.  Only values count against a row; one known by bounds belongs where its
    upper bound would, one without the figure does not.
    """
    day = np.array([row.date.day.toordinal() for row in rows])
    reach = np.array([_reach(row.amount(judge)) for row in rows])
    rivals = [(row.date.day.toordinal(), row.amounts[judge].value) for row in table if judge in row.amounts]
    days, values = np.array([rival for rival in rivals if not math.isnan(rival[1])]).reshape(-1, 2).T
    larger = ((days[None, :] <= day[:, None]) & (values[None, :] > reach[:, None])).sum(axis=1)
    inside: Bool[np.ndarray, " rows"] = (larger < n) & ~np.isnan(reach)
    return inside


def _reach(amount: Amount | None) -> float:
    """Return the largest that a figure may be: its value, or its upper bound; NaN where there is none."""
    return math.nan if amount is None else amount.value if amount.known else amount.high


def _judge(table: Table, name: str, rules: Selection) -> str | None:
    """Return the quantity that judges the frontier, None where it is ``name`` itself."""
    usual = RANKED_BY.get(quantities().get(name, OWN).kind, name)
    judge = rules.frontier_by or (usual if usual in table.quantities else name)
    if judge not in table.quantities:
        raise UnknownNameError("quantity of this table", judge, table.quantities)
    return None if judge == name else judge


def _bounds(row: Row, amount: Amount, uncertainty: float) -> tuple[float, float]:
    """Return the bounds of a figure: those that its table states, or a factor about a model's estimate."""
    if not amount.known or amount.low != amount.high:
        return amount.low, amount.high
    if not row.confidence and row.notable is None:  # an accelerator, a measure, a table of one's own
        return amount.low, amount.high
    by_class = CONFIDENCE.get(row.confidence, CONFIDENCE["Speculative"])
    factor = by_class if uncertainty == BY_CONFIDENCE else uncertainty
    return amount.value / factor, amount.value * factor


def _source(row: Row, amount: Amount) -> str:
    """Return where a figure comes from, with the edition and the source of bounds."""
    bounds = f"bounds: {row.bound_source}" if row.bound_source and not amount.known else ""
    return "; ".join(filter(None, (row.source, row.edition, bounds)))
