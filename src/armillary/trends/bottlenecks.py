"""Which limit stops the trend first: compute demanded against compute allowed, draw by draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from armillary.core.errors import RequestError
from armillary.fitting.uncertainty import Estimate, Interval, interval_of
from armillary.trends.band import Band
from armillary.trends.limits import COMPUTE_PER_RESOURCE, LIMITS, Courses, Sites, draw, limit_courses
from armillary.trends.record.assumptions import Assumption, assumptions

RELAXED = 2.0
NO_SERIES = (
    "no series tells how the share of decisions that can be explained grows, so none is projected: "
    "this is arithmetic on what you stated"
)


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """What twice as much of one resource buys."""

    limit: str  # its name
    delay: Estimate  # years until something binds, beyond those before; in draws where something binds
    never: float  # share of those draws in which nothing binds any more up to the last year
    compute: Estimate  # factor of the compute that can be had in the last year


@dataclass(frozen=True, kw_only=True, eq=False)
class Bottlenecks:
    """Demand, limits, and the probability that each binds first."""

    years: Float[np.ndarray, " years"]  # decimal
    sites: Sites  # where a run may train: on one campus, or over several joined by a network
    demand: Band  # compute that the trend asks for, FLOP
    limits: Mapping[str, Band]  # compute that each limit allows, by its name, FLOP
    binds_first: Mapping[str, Float[np.ndarray, " years"]]  # probability, up to each year
    unbound: Float[np.ndarray, " years"]  # probability that nothing has bound yet
    date: Estimate | None  # decimal year at which the first limit binds; None where most draws stay free
    feasible: Band  # the least of demand and limits, FLOP
    relaxed: tuple[Relaxation, ...]  # what delays the most comes first
    assumptions: tuple[Assumption, ...]
    n_draws: int  # that all probabilities are made of
    seed: int


def bottlenecks(
    demand: Float[np.ndarray, "draws courses"],
    years: Float[np.ndarray, " years"],
    *,
    overrides: Mapping[str, str] | None = None,
    sites: Sites = "campus",
    seed: int = 0,
) -> Bottlenecks:
    """Hold courses of demanded compute (log10 FLOP of the largest run) against what can be had.

    ``overrides`` set assumptions as text (``{"campus_power_2030": "5e9"}``).  Raises RequestError for
    demand that does not fit the years, UnknownNameError and ConfigError for overrides.
    """
    if demand.shape[1] != len(years) or len(years) < 2 or (np.diff(years) <= 0).any():
        raise RequestError(f"demand of {demand.shape[1]} years needs as many ascending years, two or more")
    assumed = assumptions(overrides)
    courses = limit_courses(assumed, draw(assumed, len(demand), seed), years, sites)
    stacked = np.stack([courses[name] for name in LIMITS])  # limits, draws, years
    crossing = _crossings(demand, stacked, years)
    when, which = crossing.min(axis=0), crossing.argmin(axis=0)
    bound = np.isfinite(when)
    return Bottlenecks(
        years=years,
        sites=sites,
        demand=Band.of(demand),
        limits={name: Band.of(courses[name]) for name in LIMITS},
        binds_first={name: _share_by(when, which == i, years) for i, name in enumerate(LIMITS)},
        unbound=1 - _share_by(when, bound, years),
        date=_date(when) if bound.mean() > 0.5 else None,
        feasible=Band.of(np.minimum(demand, stacked.min(axis=0))),
        relaxed=_relaxations(demand, stacked, years, when),
        assumptions=tuple(assumed.values()),
        n_draws=len(demand),
        seed=seed,
    )


def _crossings(
    demand: Courses, limits: Float[np.ndarray, "limits draws years"], years: Float[np.ndarray, " years"]
) -> Float[np.ndarray, "limits draws"]:
    """Return the decimal year at which demand first passes each limit; infinite where it does not."""
    excess = demand[None] - limits
    over = excess > 0
    step = np.where(over.any(axis=2), over.argmax(axis=2), len(years))
    after = np.clip(step, 1, len(years) - 1)[..., None]
    late = np.take_along_axis(excess, after, axis=2)[..., 0]
    early = np.take_along_axis(excess, after - 1, axis=2)[..., 0]
    share = np.clip(-early / np.where(late - early > 0, late - early, 1.0), 0.0, 1.0)
    index = after[..., 0]
    passed = years[index - 1] + share * (years[index] - years[index - 1])
    found: Float[np.ndarray, "limits draws"] = np.select(
        [step == len(years), step == 0], [np.inf, years[0] + 0.0 * passed], passed
    )
    return _earlier_by_excess(found, excess[..., 0])


def _earlier_by_excess(
    crossing: Float[np.ndarray, "limits draws"], excess: Float[np.ndarray, "limits draws"]
) -> Float[np.ndarray, "limits draws"]:
    """Of limits that bind from the first year on, put the most exceeded first, by less than a second."""
    ordered: Float[np.ndarray, "limits draws"] = crossing - np.where(excess > 0, 1e-9 * excess, 0.0)
    return ordered


def _share_by(
    when: Float[np.ndarray, " draws"], counts: np.ndarray, years: Float[np.ndarray, " years"]
) -> Float[np.ndarray, " years"]:
    """Return the share of draws that count and whose date has come by each year."""
    share: Float[np.ndarray, " years"] = np.mean(counts[:, None] & (when[:, None] <= years[None, :]), axis=0)
    return share


def _date(when: Float[np.ndarray, " draws"]) -> Estimate:
    """Return the date of the first limit; its late end is infinite where many draws stay free."""
    low, median, high = np.quantile(when, [0.05, 0.5, 0.95], method="higher")
    return Estimate(value=float(median), interval=Interval(low=float(low), high=float(high)))


def _relaxations(
    demand: Courses,
    limits: Float[np.ndarray, "limits draws years"],
    years: Float[np.ndarray, " years"],
    when: Float[np.ndarray, " draws"],
) -> tuple[Relaxation, ...]:
    before = np.minimum(demand[:, -1], limits[:, :, -1].min(axis=0))
    found = []
    for i, name in enumerate(LIMITS):
        eased = limits.copy()
        eased[i] += COMPUTE_PER_RESOURCE.get(name, 1) * np.log10(RELAXED)
        later = _crossings(demand, eased, years).min(axis=0)
        gained = np.minimum(demand[:, -1], eased[:, :, -1].min(axis=0)) - before
        bound = np.isfinite(when)
        delay = np.minimum(later, years[-1])[bound] - np.minimum(when, years[-1])[bound]
        found.append(
            Relaxation(
                limit=name,
                delay=_estimate(delay) if bound.any() else _estimate(np.zeros(1)),
                never=float(np.mean(~np.isfinite(later[bound]))) if bound.any() else 0.0,
                compute=_estimate(10**gained),
            )
        )
    return tuple(sorted(found, key=lambda relaxation: -relaxation.delay.value))


def _estimate(draws: Float[np.ndarray, " draws"]) -> Estimate:
    """Return the mean, since most draws gain nothing where another limit binds, and the 90% interval."""
    return Estimate(value=float(np.mean(draws)), interval=interval_of(draws))


@dataclass(frozen=True, kw_only=True)
class ReviewBudget:
    """What a user states of explaining decisions: there is no growth series to project."""

    required_share: float  # of decisions that must be explained, 0 to 1
    usd_per_decision: float  # of one review
    decisions_per_year: float
    budget_usd: float  # a year

    def __post_init__(self) -> None:
        if not 0 <= self.required_share <= 1:
            raise RequestError(
                f"the share of decisions explained is from 0 to 1, not {self.required_share:g}"
            )
        if min(self.usd_per_decision, self.decisions_per_year, self.budget_usd) <= 0:
            raise RequestError("a review's cost, the decisions and the budget of a year are above zero")


@dataclass(frozen=True, kw_only=True)
class ReviewLimit:
    """Whether a stated review binds."""

    cost_usd: float  # a year, for the required share
    affordable_share: float  # of decisions
    most_decisions: float  # a year at which the required share is still paid for; infinite where it is 0
    binds: bool  # whether the budget pays for less than the required share
    statement: str  # what follows, in words


def review_limit(review: ReviewBudget) -> ReviewLimit:
    """Return what a required share of explained decisions costs and whether the budget pays for it."""
    full = review.usd_per_decision * review.decisions_per_year
    needed = review.required_share * review.usd_per_decision
    return ReviewLimit(
        cost_usd=review.required_share * full,
        affordable_share=min(1.0, review.budget_usd / full),
        most_decisions=review.budget_usd / needed if needed else np.inf,
        binds=review.required_share * full > review.budget_usd,
        statement=NO_SERIES,
    )
