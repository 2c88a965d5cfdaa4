"""What a quantity should be, with the arithmetic that says so, and the verdict on a claimed one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from armillary.scaling.audit.facts import Source

Verdict = Literal["plausible", "too_high", "too_low", "impossible", "cannot_say", "given"]
RECORD = 2.0  # a claim within this factor of what a run's makers published is not contradicted


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """The band that a quantity should lie in; None where nothing bounds it, all in base units."""

    low: float | None = None
    high: float | None = None
    possible_low: float | None = None  # less is physically impossible
    possible_high: float | None = None  # more is physically impossible
    record: float | None = None  # what the run's makers published
    tolerance: float = RECORD
    typical: float | None = None
    given: bool = False  # an input of the other checks, with nothing to hold it against
    lines: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def centre(self) -> float | None:
        """Return what a claim's error is counted from: the record, else what is typical."""
        return self.record or self.typical

    def verdict(self, low: float, high: float) -> Verdict:
        """Return the verdict on a claimed range of ``low`` to ``high``."""
        if self.given:
            return "given"
        if self.record and low <= self.record * self.tolerance and high >= self.record / self.tolerance:
            return "plausible"
        if (self.possible_low and high < self.possible_low) or (
            self.possible_high and low > self.possible_high
        ):
            return "impossible"
        bottom, top = self.low, self.high
        if bottom is None or top is None:
            if self.record is None:
                return "cannot_say"
            bottom, top = self.record / self.tolerance, self.record * self.tolerance
        if low > top:
            return "too_high"
        return "too_low" if high < bottom else "plausible"

    def factor(self, value: float) -> float | None:
        """Return how many times too high or too low ``value`` is, at least 1; None without a centre."""
        return None if self.centre is None else max(value / self.centre, self.centre / value)
