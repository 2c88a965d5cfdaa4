import itertools

import numpy as np
import pytest
from histories import ROWS, history, series_of
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.errors import FitError, RequestError, UnknownNameError
from armillary.trends.projection import landmarks, project, trend_paths, years_until

YEARS = np.array([2010.0, 2022.0, 2025.0, 2030.0])


@pytest.fixture(scope="module")
def projection():
    return project(history(np.random.default_rng(0), frontier=10), YEARS, n_draws=400)


def test_bands_are_nested_and_hold_the_known_trend(projection):
    truth = 10 ** (20 + 0.5 * (YEARS - 2010))
    for band in (projection.trend, projection.rows):
        assert (band.low_90 <= band.low_50).all()
        assert (band.low_50 <= band.median).all()
        assert (band.median <= band.high_50).all()
        assert (band.high_50 <= band.high_90).all()
        assert ((band.low_90 < truth) & (truth < band.high_90)).all()


def test_a_new_row_is_less_certain_than_the_trend(projection):
    width = {
        name: np.log10(getattr(projection, name).high_90 / getattr(projection, name).low_90)
        for name in ("trend", "rows")
    }
    assert (width["rows"] > width["trend"]).all()
    assert width["trend"][-1] > width["trend"][-2]


def test_the_largest_so_far_begins_at_the_record_and_never_falls(projection):
    record = projection.series.values.max()
    assert np.isnan(projection.top.median[0])
    assert (projection.top.low_90[1:] >= record).all()
    assert (np.diff(projection.top.median[1:]) > 0).all()
    assert (projection.top.median[1:] > projection.trend.median[1:]).all()


def test_milestones_follow_each_other_within_their_intervals(projection):
    dates = [milestone.date for milestone in projection.milestones]
    values = [milestone.value for milestone in projection.milestones]
    assert values[0] / 10 < projection.series.values.max() < values[0]
    assert values == pytest.approx(values[0] * 10.0 ** np.arange(len(values)))
    assert all(a.value < b.value for a, b in itertools.pairwise(dates))
    assert all(date.interval.low <= date.value <= date.interval.high for date in dates)


def test_landmarks_are_records_with_their_sources(projection):
    series = projection.series
    for mark in projection.landmarks:
        earlier = series.values[series.dates <= mark.date]
        assert mark.value == earlier.max()
        assert mark.source == f"source {series.names.index(mark.name)}"


def test_a_falling_series_has_smallest_landmarks_and_milestones_downwards():
    series = history(np.random.default_rng(4), slope=-0.4, scatter=0.2)
    falling = project(series, YEARS, n_draws=200)
    assert falling.landmarks[-1].value == series.values.min()
    values = [milestone.value for milestone in falling.milestones]
    assert values == sorted(values, reverse=True)
    assert values[0] < falling.trend.median[1]
    assert landmarks(series)[0].value > falling.landmarks[0].value


def test_a_method_can_be_named(projection):
    flat = project(projection.series, YEARS, "no-growth", n_draws=200)
    assert flat.method == "no-growth"
    assert np.ptp(np.log10(flat.trend.median)) < 1e-9
    with pytest.raises(UnknownNameError, match="did you mean 'straight'"):
        project(projection.series, YEARS, "straigth")


def test_paths_have_the_bands_of_the_projection():
    projection = project(history(np.random.default_rng(0)), YEARS, n_draws=400)
    paths = trend_paths(projection, YEARS, 400)
    assert np.quantile(paths, 0.95, axis=0) == pytest.approx(np.log10(projection.trend.high_90))


def test_the_years_end_where_asked_and_beyond_the_rows():
    series = history(np.random.default_rng(0))
    years = years_until(series, 2030.1)
    assert years[-1] == 2030.1
    assert years[0] <= series.dates.min() < years[1]
    with pytest.raises(RequestError, match=r"the rows end in 202\d"):
        years_until(series, 2015.0)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.sampled_from([0, 10]))
def test_any_series_is_projected_or_refused(rows, frontier):
    try:
        found = project(series_of(rows, frontier), [2035.0, 2050.0], n_draws=40)
    except FitError:
        return
    for band in (found.trend, found.rows, found.top):
        if band is not None:
            ordered = (band.low_90, band.low_50, band.median, band.high_50, band.high_90)
            assert (np.diff(np.stack(ordered), axis=0) >= 0).all()
            assert np.isfinite(ordered).all()
    assert np.isfinite(found.widen)


def shares(n_histories: int) -> tuple[float, float]:
    """Return how often the 90% band of the trend, and of a row, holds the truth three years ahead."""
    trend, rows = [], []
    for seed in range(n_histories):
        rng = np.random.default_rng(seed)
        projection = project(history(rng, 60), [2025.0], "straight", n_draws=300, seed=seed)
        truth = 10**27.5
        trend.append(projection.trend.low_90[0] <= truth <= projection.trend.high_90[0])
        row = truth * 10 ** (0.6 * rng.standard_normal(20))
        rows.append(np.mean((projection.rows.low_90[0] <= row) & (row <= projection.rows.high_90[0])))
    return float(np.mean(trend)), float(np.mean(rows))


@pytest.mark.slow
def test_bands_hold_the_future_at_the_nominal_rate():
    trend, rows = shares(300)
    assert 0.85 <= trend <= 0.97
    assert 0.86 <= rows <= 0.95
