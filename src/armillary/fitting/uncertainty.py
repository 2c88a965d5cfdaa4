"""How far a fitted law can be trusted: bootstrap refits and predictive intervals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An interval that should hold the quantity with probability ``level``."""

    low: float
    high: float
    level: float = 0.9

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A quantity with its 90% interval."""

    value: float
    interval: Interval
