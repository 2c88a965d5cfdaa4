"""What is assumed about the limits of scaling: each number with its spread, unit, year and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri

from armillary.core.errors import ConfigError, DataError, UnknownNameError
from armillary.trends.parsing import parse_amount
from armillary.trends.record.reading import number, rows_of

Distribution = Literal["lognormal", "fixed"]
TAIL = 0.05  # low and high are the 5th and 95th percentile


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """One number of the bottleneck model, as it is drawn."""

    name: str
    limit: str  # power, chips, text, money, latency, or shared by several
    median: float  # in the unit; what is used, where it is fixed
    low: float
    high: float
    unit: str
    distribution: Distribution  # that it is drawn from
    year: float | None  # decimal year it holds for; None: any
    source: str
    note: str  # what it rests on

    def at(self, uniform: Float[np.ndarray, " draws"]) -> Float[np.ndarray, " draws"]:
        """Return the quantiles ``uniform`` of its distribution; its logarithm has two half normals."""
        if self.distribution == "fixed":
            return np.full(len(uniform), self.median)
        normal = np.asarray(ndtri(uniform)) / float(ndtri(1 - TAIL))
        wide = np.where(normal < 0, np.log(self.median / self.low), np.log(self.high / self.median))
        drawn: Float[np.ndarray, " draws"] = self.median * np.exp(normal * wide)
        return drawn


def assumptions(overrides: Mapping[str, str] | None = None) -> dict[str, Assumption]:
    """Return the assumptions by name; ``overrides`` give values or ranges as text: ``5e9``, ``2e9-8e9``.

    Raises UnknownNameError for a name that is none, ConfigError for a value that cannot be read.
    """
    known = {row["name"]: _assumption(row) for row in rows_of("assumptions.csv")}
    for name, text in (overrides or {}).items():
        if name not in known:
            raise UnknownNameError("assumption", name, known)
        known[name] = _overridden(known[name], text)
    return known


def parse_overrides(assignments: Iterable[str]) -> dict[str, str]:
    """Return the mapping meant by ``campus_power_2030=5e9``.  ConfigError when one is no assignment."""
    pairs = [assignment.partition("=") for assignment in assignments]
    for name, sign, value in pairs:
        if not sign or not value.strip():
            raise ConfigError(f"{name + sign!r} sets nothing; write campus_power_2030=5e9 or 2e9-8e9")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _assumption(row: Mapping[str, str]) -> Assumption:
    return Assumption(
        name=row["name"],
        limit=row["limit"],
        median=float(row["median"]),
        low=float(row["low"]),
        high=float(row["high"]),
        unit=row["unit"],
        distribution=cast(Distribution, row["distribution"]),
        year=number(row, "year"),
        source=row["source"],
        note=row["note"],
    )


def _overridden(assumption: Assumption, text: str) -> Assumption:
    try:
        amount = parse_amount(text)
    except DataError as error:
        raise ConfigError(
            f"{assumption.name} = {text!r} {error}; write 5e9, or 2e9-8e9 for a range"
        ) from error
    if not amount.known:
        raise ConfigError(
            f"{assumption.name} = {text!r} has one end alone; write 5e9, or 2e9-8e9 for a range"
        )
    return replace(
        assumption,
        median=amount.value,
        low=amount.low,
        high=amount.high,
        distribution="fixed" if amount.low == amount.high else "lognormal",
        source="stated by the user",
        note=f"instead of {assumption.median:g} ({assumption.low:g} to {assumption.high:g})",
    )
