"""How much compute one training run can have: by power, chips, text, money and latency.

Each limit is arithmetic on the assumptions of record/assumptions.csv, after Sevilla et al. 2024, Can AI
scaling continue through 2030?, https://epoch.ai/blog/can-ai-scaling-continue-through-2030.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

from armillary.fitting.uncertainty import Interval
from armillary.trends.record.assumptions import Assumption

Sites = Literal["campus", "network"]
LIMITS = ("power", "chips", "text", "money", "latency")
SITES: tuple[Sites, ...] = get_args(Sites)
MONTH = 365.25 / 12 * 86400  # seconds
HARDWARE_YEAR = 2024.0  # to which watts, price and peak of a device belong
FLOP_PER_PARAM_TOKEN = 6
COMPUTE_PER_RESOURCE = {"text": 2}  # the power of the resource that compute goes with; 1 if not named

# Ranges of Sevilla et al. 2024 for the year 2030, FLOP.
PUBLISHED_2030: Mapping[tuple[str, Sites], tuple[float, float]] = {
    ("power", "campus"): (1e28, 3e29),
    ("power", "network"): (2e28, 2e30),
    **{("chips", sites): (1e29, 5e30) for sites in SITES},
    **{("text", sites): (6e28, 2e32) for sites in SITES},
    **{("latency", sites): (3e30, 1e32) for sites in SITES},
}

Draws = Mapping[str, Float[np.ndarray, " draws"]]
Courses = Float[np.ndarray, "draws years"]


def draw(assumptions: Mapping[str, Assumption], n_draws: int, seed: int) -> dict[str, np.ndarray]:
    """Return draws of every assumption by name; each has random numbers of its own.

    So a change to one assumption leaves the draws of all others as they were.
    """
    return {
        name: assumption.at(np.random.default_rng([seed, zlib.crc32(name.encode())]).random(n_draws))
        for name, assumption in assumptions.items()
    }


def limit_courses(
    assumptions: Mapping[str, Assumption],
    draws: Draws,
    years: Float[np.ndarray, " years"],
    sites: Sites = "campus",
) -> dict[str, Courses]:
    """Return log10 of the FLOP that each limit allows one run, for every draw at decimal ``years``."""

    def course(first: str, last: str) -> Courses:
        at = [float(assumptions[name].year or 0.0) for name in (first, last)]
        return _between(draws[first], at[0], draws[last], at[1], years)

    def growth(name: str, since: float) -> Courses:
        return np.log10(draws[name])[:, None] * (years - since)[None, :]

    def fixed(*factors: tuple[str, int]) -> Courses:
        logs = sum(power * np.log10(draws[name]) for name, power in factors)
        return np.broadcast_to(np.asarray(logs)[:, None], (len(np.asarray(logs)), len(years)))

    last_year = float(assumptions["run_months_2030"].year or 0.0)
    device = (  # FLOP of one device in one run
        fixed(("peak_flops", 1), ("utilisation", 1), ("run_months_2030", 1))
        + growth("run_growth", last_year)
        + np.log10(MONTH)
    )
    tokens = course("data_tokens_2024", "data_tokens_2030")
    spent = course("cluster_usd_2026", "cluster_usd_2030") + np.log10(1 - draws["network_share"])[:, None]
    return {
        "power": device
        + course(f"{sites}_power_2026", f"{sites}_power_2030")
        - fixed(("watts_per_device", 1))
        + growth("efficiency_growth", HARDWARE_YEAR),
        "chips": device
        + course("chips_per_year_2025", "chips_per_year_2030")
        + fixed(("chip_years", 1), ("lab_share", 1)),
        "text": 2 * tokens - fixed(("tokens_per_parameter", 1)) + np.log10(FLOP_PER_PARAM_TOKEN),
        "money": device
        + spent
        - fixed(("device_usd", 1), ("server_overhead", 1))
        + growth("price_performance_growth", HARDWARE_YEAR),
        "latency": fixed(("latency_flop", 1)),
    }


def _between(
    first: Float[np.ndarray, " draws"],
    first_year: float,
    last: Float[np.ndarray, " draws"],
    last_year: float,
    years: Float[np.ndarray, " years"],
) -> Courses:
    """Return log10 of a stock known at two dates: exponential through both, and never less than before."""
    slope = np.maximum(np.log10(last / first) / (last_year - first_year), 0.0)
    reached = np.maximum(np.log10(last), np.log10(first))
    course: Courses = reached[:, None] + slope[:, None] * (years - last_year)[None, :]
    return course


@dataclass(frozen=True, kw_only=True)
class PublishedCheck:
    """A limit in 2030 as computed here and as published."""

    limit: str
    computed: Interval  # 90%, FLOP
    median: float
    published: Interval  # level is not stated by the source; 90% is our reading
    orders_apart: tuple[float, float]  # log10 of computed over published, at the low and the high end


def against_published(
    assumptions: Mapping[str, Assumption], sites: Sites = "campus", n_draws: int = 10_000, seed: int = 0
) -> tuple[PublishedCheck, ...]:
    """Compare the limits of 2030 with those of Sevilla et al. 2024, where they state one."""
    courses = limit_courses(assumptions, draw(assumptions, n_draws, seed), np.array([2030.5]), sites)
    return tuple(
        _check(limit, courses[limit][:, 0], PUBLISHED_2030[limit, sites])
        for limit in LIMITS
        if (limit, sites) in PUBLISHED_2030
    )


def _check(limit: str, logs: Float[np.ndarray, " draws"], published: tuple[float, float]) -> PublishedCheck:
    low, median, high = np.quantile(logs, [0.05, 0.5, 0.95])
    return PublishedCheck(
        limit=limit,
        computed=Interval(low=float(10**low), high=float(10**high)),
        median=float(10**median),
        published=Interval(low=published[0], high=published[1]),
        orders_apart=(float(low - np.log10(published[0])), float(high - np.log10(published[1]))),
    )
