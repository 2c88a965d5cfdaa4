"""Innovations stacked by what they save, beside the measured rate of algorithmic progress.

Gains multiply across groups of methods; within a group they overlap and the largest counts, except that a
method which builds on another multiplies with it, being measured against it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from armillary.core.errors import UnknownNameError
from armillary.trends.record.innovations import Innovation, Progress, innovations, progress

RESOURCES = {  # what a table can be asked for -> what innovations save that counts towards it
    "training compute": ("training", ("compute", "steps")),
    "training throughput": ("training", ("throughput",)),
    "training memory": ("training", ("memory",)),
    "training data": ("training", ("data",)),
    "fine-tuning memory": ("fine-tuning", ("memory",)),
    "serving throughput": ("serving", ("throughput",)),
    "serving memory": ("serving", ("memory",)),
    "serving parameters": ("serving", ("parameters",)),
    "serving latency": ("serving", ("latency",)),
    "serving storage": ("serving", ("storage",)),
}


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A gain that is not multiplied in, and why."""

    innovation: Innovation
    reason: str


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The gains in one resource between two years."""

    resource: str  # that is saved
    domain: str  # of the models
    since: int  # year
    until: int  # year
    counted: tuple[Innovation, ...]
    refused: tuple[Refused, ...]
    without_figure: tuple[Innovation, ...]
    product: float  # of the factors counted
    low: float  # of their low ends: a bound, not an interval of known probability
    high: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The product of a ledger beside a measured rate over the same years."""

    progress: Progress
    years: float  # that both cover
    product: float  # of what the ledger counts within them
    measured: float  # factor
    measured_low: float | None  # lower end of the measured factor
    measured_high: float | None  # upper end of the measured factor
    share_explained: float  # log of the product over log of the measured factor


def ledger(
    resource: str,
    *,
    domain: str = "language",
    since: int = 1950,
    until: int = 2026,
    entries: Iterable[Innovation] | None = None,
) -> Ledger:
    """Return what the innovations of a resource save together.

    Raises UnknownNameError for a resource or domain of which there is none.
    """
    known = tuple(entries) if entries is not None else innovations()
    at, saves = _saving(resource)
    domains = {entry.domain for entry in known}
    if domain not in domains:
        raise UnknownNameError("domain of innovations", domain, domains)
    mine = [
        entry
        for entry in known
        if entry.at == at
        and entry.saves in saves
        and since <= entry.year <= until
        and entry.domain in ("all", domain)
    ]
    counted, refused = _stacked([entry for entry in mine if entry.factor is not None])
    return Ledger(
        resource=resource,
        domain=domain,
        since=since,
        until=until,
        counted=counted,
        refused=refused,
        without_figure=tuple(entry for entry in mine if entry.factor is None),
        product=math.prod(entry.factor or 1.0 for entry in counted),
        low=math.prod(entry.low or entry.factor or 1.0 for entry in counted),
        high=math.prod(entry.high or entry.factor or 1.0 for entry in counted),
    )


def _saving(resource: str) -> tuple[str, tuple[str, ...]]:
    if resource not in RESOURCES:
        raise UnknownNameError("resource of innovations", resource, RESOURCES)
    return RESOURCES[resource]


def _stacked(entries: Sequence[Innovation]) -> tuple[tuple[Innovation, ...], tuple[Refused, ...]]:
    """Return (what multiplies, what overlaps with it): in each group the chain with the largest product."""
    counted: list[Innovation] = []
    refused: list[Refused] = []
    for group in dict.fromkeys(entry.group for entry in entries):
        chains = _chains([entry for entry in entries if entry.group == group])
        best = max(chains, key=lambda chain: math.prod(entry.factor or 1.0 for entry in chain))
        counted += best
        names = " with ".join(entry.name for entry in best)
        refused += [
            Refused(
                innovation=entry,
                reason=f"does the same work ({group}) as {names}, which saves as much or more",
            )
            for entry in entries
            if entry.group == group and entry not in best
        ]
    return tuple(sorted(counted, key=lambda entry: entry.year)), tuple(refused)


def _chains(group: Sequence[Innovation]) -> list[list[Innovation]]:
    """Return each method of a group behind those it builds on."""
    by_name = {entry.name: entry for entry in group}
    chains = []
    for entry in group:
        chain = [entry]
        while chain[0].builds_on in by_name and by_name[chain[0].builds_on] not in chain:
            chain.insert(0, by_name[chain[0].builds_on])
        chains.append(chain)
    return chains


def compare(
    resource: str = "training compute", entries: Iterable[Innovation] | None = None
) -> tuple[Comparison, ...]:
    """Return the ledger beside every measured rate of progress, over the years and domain of each."""
    known = tuple(entries) if entries is not None else innovations()
    return tuple(_comparison(rate, resource, known) for rate in progress())


def _comparison(rate: Progress, resource: str, entries: tuple[Innovation, ...]) -> Comparison:
    stack = ledger(resource, domain=rate.domain, since=rate.since, until=rate.until, entries=entries)
    years = float(rate.until - rate.since)
    measured, slow, fast = rate.factor(years)
    return Comparison(
        progress=rate,
        years=years,
        product=stack.product,
        measured=measured,
        measured_low=slow,
        measured_high=fast,
        share_explained=math.log(stack.product) / math.log(measured),
    )
