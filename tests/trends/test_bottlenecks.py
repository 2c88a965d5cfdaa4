"""Which limit stops the trend first."""

import math

import numpy as np
import pytest

from armillary.core.errors import RequestError, UnknownNameError
from armillary.trends.bottlenecks import NO_SERIES, ReviewBudget, bottlenecks, review_limit
from armillary.trends.limits import LIMITS

YEARS = np.arange(2026.5, 2036.6, 1.0)


def growing(per_year=5.0, at_start=1e27, n_draws=400, spread=0.05):
    """Return courses of demand from mid 2026 on."""
    slope = math.log10(per_year) * (1 + spread * np.random.default_rng(0).standard_normal(n_draws))
    return math.log10(at_start) + slope[:, None] * (YEARS - YEARS[0])[None, :]


def test_probabilities_of_binding_first_and_of_none_sum_to_one():
    found = bottlenecks(growing(), YEARS)
    total = sum(found.binds_first[name] for name in LIMITS) + found.unbound
    assert total == pytest.approx(np.ones(len(YEARS)))
    assert (np.diff(found.unbound) <= 1e-12).all()
    assert found.unbound[-1] < 0.01
    assert found.n_draws == 400
    assert {a.name for a in found.assumptions} >= {"campus_power_2030", "lab_share"}


def test_a_limit_that_is_met_at_a_known_date_binds_then():
    scarce = {"latency_flop": "1e29"}
    plenty = {
        "campus_power_2026": "1e15", "campus_power_2030": "1e15", "chips_per_year_2025": "1e14",
        "chips_per_year_2030": "1e14", "data_tokens_2024": "1e19", "data_tokens_2030": "1e19",
        "cluster_usd_2026": "1e18", "cluster_usd_2030": "1e18",
    }  # fmt: skip
    found = bottlenecks(growing(per_year=10, spread=0.0), YEARS, overrides=scarce | plenty)
    assert found.date.value == pytest.approx(2028.5)  # 1e27 grows tenfold a year: two years
    assert found.binds_first["latency"][-1] == 1.0
    first = found.relaxed[0]
    assert first.limit == "latency"
    assert first.delay.value == pytest.approx(math.log10(2))  # twice as much lasts 0.30 of a year at tenfold
    assert first.compute.value == pytest.approx(2.0)
    assert found.relaxed[1].delay.value == 0.0
    assert found.feasible.median[-1] == pytest.approx(1e29)


def test_twice_the_text_is_four_times_the_compute():
    plenty = {
        "campus_power_2026": "1e25", "campus_power_2030": "1e25", "chips_per_year_2025": "1e24",
        "chips_per_year_2030": "1e24", "cluster_usd_2026": "1e28", "cluster_usd_2030": "1e28",
        "latency_flop": "1e60",
    }  # fmt: skip
    found = bottlenecks(growing(per_year=1000), YEARS, overrides=plenty)
    assert found.relaxed[0].limit == "text"
    assert found.relaxed[0].compute.value == pytest.approx(4.0)


def test_what_already_binds_in_the_first_year_goes_to_the_most_exceeded():
    found = bottlenecks(growing(at_start=1e33), YEARS)
    assert found.unbound[0] == 0.0
    assert found.date.value == pytest.approx(YEARS[0])
    assert found.binds_first["latency"][0] < 0.01
    assert max(found.binds_first, key=lambda name: found.binds_first[name][0]) in ("power", "money")


def test_slow_demand_stays_free():
    found = bottlenecks(growing(per_year=1.01, at_start=1e24), YEARS)
    assert found.date is None
    assert found.unbound[-1] == 1.0
    assert all(r.delay.value == 0 and r.compute.value == pytest.approx(1.0) for r in found.relaxed)


def test_the_same_seed_gives_the_same_answer_and_sites_matter():
    one, two = (bottlenecks(growing(), YEARS, seed=3) for _ in range(2))
    assert all((one.binds_first[name] == two.binds_first[name]).all() for name in LIMITS)
    network = bottlenecks(growing(), YEARS, sites="network", seed=3)
    assert network.binds_first["power"][-1] < one.binds_first["power"][-1]
    assert (network.limits["chips"].median == one.limits["chips"].median).all()


def test_requests_that_cannot_be_answered():
    with pytest.raises(RequestError, match="ascending years"):
        bottlenecks(growing(), YEARS[:-1])
    with pytest.raises(RequestError, match="ascending years"):
        bottlenecks(growing(), YEARS[::-1].copy())
    with pytest.raises(UnknownNameError, match="assumption"):
        bottlenecks(growing(), YEARS, overrides={"power": "1"})


def test_review_is_arithmetic_on_what_is_stated_and_says_so():
    found = review_limit(
        ReviewBudget(required_share=0.1, usd_per_decision=2.0, decisions_per_year=1e6, budget_usd=1e5)
    )
    assert found.cost_usd == pytest.approx(2e5)
    assert found.affordable_share == pytest.approx(0.05)
    assert found.most_decisions == pytest.approx(5e5)
    assert found.binds
    assert found.statement == NO_SERIES
    free = review_limit(
        ReviewBudget(required_share=0.0, usd_per_decision=2.0, decisions_per_year=1e6, budget_usd=1.0)
    )
    assert not free.binds
    assert free.most_decisions == math.inf
    with pytest.raises(RequestError, match="from 0 to 1"):
        ReviewBudget(required_share=1.1, usd_per_decision=1, decisions_per_year=1, budget_usd=1)
    with pytest.raises(RequestError, match="above zero"):
        ReviewBudget(required_share=0.1, usd_per_decision=0, decisions_per_year=1, budget_usd=1)
