"""Assumptions, their draws and overrides."""

import numpy as np
import pytest

from armillary.core.errors import ConfigError, UnknownNameError
from armillary.trends.record import assumptions
from armillary.trends.record.assumptions import parse_overrides


def test_every_assumption_has_a_source_and_an_order():
    known = assumptions()
    assert len(known) >= 20
    for name, assumption in known.items():
        assert name == assumption.name
        assert assumption.low <= assumption.median <= assumption.high
        assert "http" in assumption.source
        assert assumption.unit


def test_draws_have_the_percentiles_that_the_table_states():
    skewed = assumptions()["watts_per_device"]
    uniform = (np.arange(10_000) + 0.5) / 10_000
    for assumption in (skewed, assumptions()["chips_per_year_2030"]):
        found = np.quantile(assumption.at(uniform), [0.05, 0.5, 0.95])
        assert found == pytest.approx([assumption.low, assumption.median, assumption.high], rel=1e-3)
    assert set(assumptions()["peak_flops"].at(uniform)) == {1.979e15}


def test_overrides_are_values_or_ranges():
    known = assumptions({"campus_power_2030": "5e9", "lab_share": "0.1-0.4"})
    fixed, ranged = known["campus_power_2030"], known["lab_share"]
    assert (fixed.median, fixed.distribution, fixed.source) == (5e9, "fixed", "stated by the user")
    assert "instead of" in fixed.note
    assert (ranged.low, ranged.median, ranged.high) == pytest.approx((0.1, 0.2, 0.4))
    assert parse_overrides(["a=1", "b = 2e9-8e9"]) == {"a": "1", "b": "2e9-8e9"}


def test_a_wrong_override_says_what_is_allowed():
    with pytest.raises(UnknownNameError, match="did you mean 'campus_power_2030'"):
        assumptions({"campus_power_203": "5e9"})
    with pytest.raises(ConfigError, match="write 5e9"):
        assumptions({"lab_share": "much"})
    with pytest.raises(ConfigError, match="one end"):
        assumptions({"lab_share": ">0.2"})
    with pytest.raises(ConfigError, match="sets nothing"):
        parse_overrides(["lab_share"])
