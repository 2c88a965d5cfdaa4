"""How much compute one run can have."""

import numpy as np
import pytest

from armillary.trends.limits import LIMITS, MONTH, against_published, draw, limit_courses
from armillary.trends.record import assumptions

FIXED = {
    "campus_power_2026": "1e9", "campus_power_2030": "1.7e9", "watts_per_device": "1700",
    "efficiency_growth": "1",
    "utilisation": "0.4", "run_months_2030": "4", "run_growth": "1", "chips_per_year_2025": "1e7",
    "chips_per_year_2030": "1e8", "chip_years": "2", "lab_share": "0.2", "data_tokens_2024": "3e14",
    "data_tokens_2030": "2e15", "tokens_per_parameter": "20", "cluster_usd_2026": "1e10",
    "cluster_usd_2030": "1e11",
    "device_usd": "30000", "server_overhead": "1.6", "network_share": "0.2", "price_performance_growth": "1",
    "latency_flop": "2e31",
}  # fmt: skip


def test_limits_are_those_of_a_hand_count():
    assumed = assumptions(FIXED)
    courses = limit_courses(assumed, draw(assumed, 3, seed=0), np.array([2030.5, 2031.5]))
    device = 1.979e15 * 0.4 * 4 * MONTH  # FLOP of one device in one run
    by_hand = {
        "power": 1.7e9 / 1700 * device,
        "chips": 1e8 * 2 * 0.2 * device,
        "text": 6 * 2e15**2 / 20,
        "money": 1e11 * 0.8 / (30000 * 1.6) * device,
        "latency": 2e31,
    }
    assert tuple(courses) == LIMITS
    for name, flop in by_hand.items():
        assert 10 ** courses[name][:, 0] == pytest.approx([flop] * 3)
    # power of two dates, 1 GW in mid 2026 and 1.7 GW in mid 2030, goes on at that rate
    assert 10 ** (courses["power"][0, 1] - courses["power"][0, 0]) == pytest.approx(1.7 ** (1 / 4))


def test_a_stock_never_falls():
    assumed = assumptions({**FIXED, "campus_power_2026": "5e9"})
    years = np.array([2026.5, 2030.5])
    power = limit_courses(assumed, draw(assumed, 1, seed=0), years)["power"][0]
    assert power[0] == power[1] == pytest.approx(np.log10(5e9 / 1700 * 1.979e15 * 0.4 * 4 * MONTH))


def test_an_override_leaves_other_draws_as_they_were():
    plain, changed = (draw(assumptions(o), 50, seed=1) for o in ({}, {"lab_share": "0.3"}))
    assert (changed["lab_share"] == 0.3).all()
    assert all((plain[name] == changed[name]).all() for name in plain if name != "lab_share")


@pytest.mark.parametrize("sites", ["campus", "network"])
def test_limits_of_2030_are_near_those_published(sites):
    checks = against_published(assumptions(), sites)
    assert [check.limit for check in checks] == ["power", "chips", "text", "latency"]
    for check in checks:
        assert np.abs(check.orders_apart).max() < 0.4  # a factor of 2.5 at either end
    # Sevilla et al. 2024: power binds first, then chips, then data, then latency
    medians = [check.median for check in checks]
    assert medians == sorted(medians)
