"""Innovations and what each saves, and the measured rates of progress to hold them against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from armillary.trends.record.reading import number, rows_of


@dataclass(frozen=True, kw_only=True)
class Innovation:
    """A method and what it saves: ``factor`` times less of ``saves`` (or more throughput), by its source."""

    name: str
    year: int  # of publication
    saves: str  # compute, steps, throughput, memory, parameters, data, latency, storage
    at: str  # training, serving, fine-tuning, tuning
    factor: float | None  # None: no figure is stated
    low: float | None  # over the cases that the source tells of, or its interval
    high: float | None
    group: str  # methods of one group do the same work: their gains overlap
    builds_on: str  # the method of its group that the factor is measured against
    domain: str  # all, language, vision, image generation
    paper: str  # where it was published
    figure_source: str  # of the factor: the paper, or another
    note: str  # what the figure holds for


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A measured rate of algorithmic progress: the compute for a fixed result halves in so many months."""

    name: str
    halving_months: float  # months in which the need halves
    low: float | None  # of the interval; None where none is published
    high: float | None
    level: float | None  # of the interval
    since: int  # year
    until: int  # year
    domain: str  # of the models
    edition: str  # of the report that measured it
    source: str

    def factor(self, years: float) -> tuple[float, float | None, float | None]:
        """Return (factor, low, high) by which the compute for a fixed result falls in ``years``."""
        fast, slow = self.low, self.high
        gain = (12 * years / months if months else None for months in (self.halving_months, slow, fast))
        middle, low, high = (None if halvings is None else 2.0**halvings for halvings in gain)
        return middle or 1.0, low, high


def innovations() -> tuple[Innovation, ...]:
    """Return the innovations of the record, oldest first."""
    return tuple(_innovation(row) for row in rows_of("innovations.csv"))


def _innovation(row: Mapping[str, str]) -> Innovation:
    figures = {column: number(row, column) for column in ("factor", "low", "high")}
    return Innovation(**{**row, **figures, "year": int(row["year"])})  # type: ignore[arg-type]


def progress() -> tuple[Progress, ...]:
    """Return the measured rates of progress, every edition apart."""
    return tuple(
        Progress(
            name=row["name"],
            halving_months=float(row["halving_months"]),
            low=number(row, "low"),
            high=number(row, "high"),
            level=number(row, "level"),
            since=int(row["since"]),
            until=int(row["until"]),
            domain=row["domain"],
            edition=row["edition"],
            source=row["source"],
        )
        for row in rows_of("progress.csv")
    )
