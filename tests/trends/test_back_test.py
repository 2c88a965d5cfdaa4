from dataclasses import replace

import numpy as np
import pytest
from histories import history

from armillary.trends.back_test import AUTO, back_test, crps, vintage_dates
from armillary.trends.methods import method_named


def by_method(tested):
    return {score.method: score for score in tested.scores}


def test_crps_is_that_of_the_normal_distribution():
    # of a standard normal: x (2 Phi(x) - 1) + 2 phi(x) - 1/sqrt(pi) (Gneiting & Raftery 2007, equation 21)
    draws = np.random.default_rng(0).standard_normal((200_000, 1)).repeat(2, axis=1)
    found = crps(draws, np.array([0.0, 1.5]))
    assert found == pytest.approx([0.2337, 0.9956], abs=0.005)


def test_crps_without_spread_is_the_absolute_error():
    assert crps(np.full((5, 1), 3.0), np.array([1.0])) == pytest.approx([2.0])


def test_vintages_know_what_came_before_and_score_what_came_after():
    series = history(np.random.default_rng(0))
    tested = back_test(series, horizon=2.0)
    assert [vintage.date for vintage in tested.vintages] == vintage_dates(series, 2.0)
    for vintage in tested.vintages:
        assert vintage.n_known == (series.dates <= vintage.date).sum()
        assert vintage.n_scored == ((series.dates > vintage.date) & (series.dates <= vintage.date + 2)).sum()


def test_later_rows_do_not_change_what_a_vintage_predicted():
    series = history(np.random.default_rng(0))
    whole, cut = back_test(series, horizon=2.0), back_test(series.until(2020.0), horizon=2.0)
    shared = [v for v in cut.vintages if v.date + 2 <= 2020]
    assert shared
    assert shared == [v for v in whole.vintages if v.date + 2 <= 2020]


def test_straight_histories_are_mostly_projected_straight_and_covered():
    tests = [back_test(history(np.random.default_rng(seed))) for seed in range(10)]
    assert [tested.chosen for tested in tests].count("straight") >= 7
    straight = [by_method(tested)["straight"] for tested in tests]
    assert np.mean([score.coverage_90 for score in straight]) == pytest.approx(0.9, abs=0.06)
    assert np.mean([score.coverage_50 for score in straight]) == pytest.approx(0.5, abs=0.1)
    assert all(
        by_method(tested)["no-growth"].crps > 1.5 * s.crps for tested, s in zip(tests, straight, strict=True)
    )


def test_a_history_that_bent_long_ago_is_not_projected_straight():
    rng = np.random.default_rng(2)
    series = history(rng, 200, since=1985.0, slope=0.1, break_at=2005.0, bend=0.6, scatter=0.4)
    tested = back_test(series)
    assert tested.chosen in ("breaks", "recent")
    assert tested.lead > tested.lead_error > 0
    assert f"{tested.lead:.3f}" in tested.verdict
    assert by_method(tested)[AUTO].crps < by_method(tested)["straight"].crps


def test_intervals_that_held_too_little_are_widened():
    rng = np.random.default_rng(3)
    series = history(rng, 200, scatter=0.05)
    wave = 10 ** (0.8 * np.sin(series.dates * 2 * np.pi / 9))  # a cycle that no method knows
    tested = back_test(
        replace(series, values=series.values * wave, low=series.low * wave, high=series.high * wave)
    )
    assert by_method(tested)[AUTO].coverage_90 < 0.85
    assert tested.widen > 1.1


def test_a_known_ceiling_is_not_projected_beyond():
    rng = np.random.default_rng(5)
    dates = np.arange(2010, 2018, 0.25)
    values = 1 / (1 + np.exp(-0.9 * (dates - 2016))) * 10 ** (0.03 * rng.standard_normal(len(dates)))
    series = history(rng, len(dates))
    share = replace(series, dates=dates, values=values, low=values, high=values, ceiling=1.0)
    tested = back_test(share)
    assert tested.standard == tested.chosen == "logistic"
    assert by_method(tested)["logistic"].crps < by_method(tested)["straight"].crps
    assert method_named("logistic").sample(share, 100, 0).trend(np.array([2040.0])).max() <= 0


def test_a_vintage_has_rows_of_several_dates():
    series = history(np.random.default_rng(0), 9)
    dates = np.array([2010.0] * 8 + [2012.5])
    assert vintage_dates(replace(series, dates=dates)) == []


def test_a_short_history_says_that_nothing_could_be_held_out():
    tested = back_test(history(np.random.default_rng(0), 7))
    assert tested.vintages == ()
    assert tested.chosen == "straight"
    assert "untested" in tested.verdict
