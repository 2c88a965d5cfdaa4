"""What stands around a trend of training compute: limits, architectures, what innovations saved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from armillary.core.errors import FitError
from armillary.trends.bottlenecks import Bottlenecks, bottlenecks
from armillary.trends.families import Adoption, FamilyShares, adoption, family_shares
from armillary.trends.ledger import RESOURCES, Comparison, Ledger, compare, ledger
from armillary.trends.projection import Projection, project, top_paths, years_until
from armillary.trends.record.shipped import models
from armillary.trends.selection import Selection, select

COMPUTE = "training_flop"
FRONTIER, SINCE = 10, 2010.0  # of the demand that is held against limits, where the trend is no frontier
ADOPTED = ("Transformer", "CNN", "RNN", "GAN", "diffusion")  # families that the page tells apart


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the record that ships says around a trend of training compute."""

    demand: Projection  # whose largest so far is held against limits
    clock: Bottlenecks | None  # None where less than two whole years are ahead
    shares: FamilyShares
    adoptions: tuple[Adoption, ...]
    not_adopted: tuple[str, ...]  # why a family has no curve
    ledgers: tuple[Ledger, ...]
    comparisons: tuple[Comparison, ...]


def context_of(projection: Projection) -> Context | None:
    """Return what stands around ``projection``; None where it is not of training compute.

    Limits are held against the largest so far of ``projection`` where that is of a frontier, else against
    the running top ten of the record.
    """
    if projection.series.quantity != COMPUTE:
        return None
    rows, until = models().rows, float(projection.years[-1])
    demand = projection if projection.series.frontier else _frontier(until, projection.seed)
    curves, problems = _adoptions()
    return Context(
        demand=demand,
        clock=_clock(demand, until),
        shares=family_shares(rows),
        adoptions=curves,
        not_adopted=problems,
        ledgers=tuple(ledger(resource) for resource in RESOURCES),
        comparisons=compare(),
    )


def _frontier(until: float, seed: int) -> Projection:
    series = select(models(), COMPUTE, Selection(notable=True, since=SINCE, frontier=FRONTIER))
    return project(series, years_until(series, max(until, float(series.dates.max()) + 1)), seed=seed)


def _clock(demand: Projection, until: float) -> Bottlenecks | None:
    """Return the limits at the whole years that ``armillary trends bottlenecks`` tells them for."""
    years = np.arange(np.ceil(demand.series.dates.max()), until + 0.5)
    return bottlenecks(top_paths(demand, years), years, seed=demand.seed) if len(years) > 1 else None


def _adoptions() -> tuple[tuple[Adoption, ...], tuple[str, ...]]:
    curves, problems = [], []
    for family in ADOPTED:
        try:
            curves.append(adoption(models().rows, family))
        except FitError as error:
            problems.append(str(error))
    return tuple(curves), tuple(problems)
