import numpy as np
import pytest

from armillary.trends.forecast import power
from armillary.trends.lines import Lines


def lines(n_draws=4000, sd=0.3, **coefficients) -> Lines:
    values = {"level": 20.0, "slope": 0.5, "bend": 0.0, "jump": 0.0} | coefficients
    return Lines(
        origin=2015.0,
        coefficients=np.repeat([list(values.values())], n_draws, axis=0),
        breaks=np.full(n_draws, 1.0 if coefficients else np.inf),
        sd=np.full(n_draws, sd),
        residuals=np.random.default_rng(0).standard_normal(2000),
    )


def test_lines_bend_and_jump_at_their_break():
    course = lines(1, bend=-0.3, jump=0.1).trend(np.array([2014.0, 2015.0, 2016.0, 2018.0]))[0]
    assert course == pytest.approx([19.5, 20.0, 20.6, 20.6 + 2 * 0.2])
    assert lines(1, bend=-0.3).slope(2017.0) == pytest.approx([0.2])
    assert lines(1, bend=-0.3).slope(2015.5) == pytest.approx([0.5])


def test_rows_scatter_about_the_trend():
    years = np.array([2018.0, 2025.0])
    rows = lines().rows(years)
    assert np.median(rows, axis=0) == pytest.approx([21.5, 25.0], abs=0.03)
    assert rows.std(0) == pytest.approx([0.3, 0.3], rel=0.05)


def test_the_largest_so_far_is_that_of_rows_drawn_one_by_one():
    years, per_year = np.array([2021.0, 2022.0]), 30.0
    found = lines(4000).running_top(years, 2020.0, 22.0, per_year)
    rng = np.random.default_rng(1)
    direct = []
    for _ in range(2000):
        dates = 2020 + np.cumsum(rng.exponential(1 / per_year, 200))
        orders = 20 + 0.5 * (dates - 2015) + 0.3 * rng.standard_normal(200)
        direct.append([max(22.0, orders[dates <= year].max(initial=-np.inf)) for year in years])
    assert np.median(found, axis=0) == pytest.approx(np.median(direct, axis=0), abs=0.05)
    assert np.quantile(found, 0.95, axis=0) == pytest.approx(np.quantile(direct, 0.95, axis=0), abs=0.08)
    assert (np.diff(found, axis=1) >= 0).all()


def test_without_new_rows_the_largest_stays():
    assert (lines(10).running_top(np.array([2020.0, 2025.0]), 2020.0, 24.0, 0.0) == 24).all()


def test_powers_stay_within_what_a_number_can_be():
    assert power(3.0) == 1000
    assert np.isfinite([power(1e6), power(-1e6)]).all()
