import math

import numpy as np
import pytest
from histories import ROWS, history, series_of
from hypothesis import given, settings

from armillary.core.errors import FitError
from armillary.fitting.uncertainty import Interval, interval_of
from armillary.trends.breaks import profiles
from armillary.trends.censoring import Sample
from armillary.trends.growth import fit_growth, rate
from armillary.trends.lines import sample_lines
from armillary.trends.series import Series


def test_the_line_is_least_squares_of_log10_on_the_date():
    series = history(np.random.default_rng(0))
    found = fit_growth(series, n_draws=200)
    slope, level = np.polyfit(series.dates, np.log10(series.values), 1)
    assert found.overall.slope.value == pytest.approx(slope)
    assert found.overall.per_year.value == pytest.approx(10**slope)
    assert found.overall.doubling_months.value == pytest.approx(12 * math.log10(2) / slope)
    residuals = np.log10(series.values) - slope * series.dates - level
    assert found.scatter == pytest.approx(residuals.std())


def slopes(series: Series) -> Interval:
    """Return the interval of one line's slope: what ``fit_growth`` has as ``overall``, alone."""
    sample = Sample.of(series)
    return interval_of(sample_lines(sample, profiles(sample, ("straight",)), 300).coefficients[:, 1])


def test_the_interval_is_that_of_the_bootstrap():
    series = history(np.random.default_rng(0))
    assert fit_growth(series, n_draws=300).overall.slope.interval == slopes(series)


def coverage(n_histories: int, n: int) -> float:
    made = (history(np.random.default_rng(seed), n) for seed in range(n_histories))
    return float(np.mean([0.5 in slopes(series) for series in made]))


@pytest.mark.parametrize("n", [12, 100])
def test_growth_is_covered_at_the_nominal_rate(n):
    assert 0.84 <= coverage(150, n) <= 0.96


@pytest.mark.slow
@pytest.mark.parametrize("n", [6, 8, 12, 20, 100, 300])
def test_growth_is_covered_at_the_nominal_rate_at_every_size(n):
    assert 0.87 <= coverage(1000, n) <= 0.94


def test_growth_with_hidden_rows_is_covered_and_without_their_bounds_is_not():
    made = [history(np.random.default_rng(s), hidden_since=2019.0, scatter=1.0) for s in range(60)]
    assert np.mean([0.5 in slopes(series) for series in made]) >= 0.8
    assert np.mean([0.5 in slopes(series.known()) for series in made]) < 0.6


def test_growth_is_told_with_and_without_rows_known_by_bounds():
    series = history(np.random.default_rng(0), hidden_since=2019.0, scatter=1.0)
    found = fit_growth(series, n_draws=100)
    assert found.n_rows + found.n_bounded == 120
    assert found.without_bounded.slope == fit_growth(series.known(), n_draws=100).overall.slope
    assert found.without_bounded.slope.value < found.overall.slope.value


def test_uncertain_values_widen_the_interval():
    plain = fit_growth(history(np.random.default_rng(1), scatter=0.05)).overall.slope.interval
    noisy = fit_growth(history(np.random.default_rng(1), scatter=0.05, noise=10.0)).overall.slope.interval
    assert noisy.high - noisy.low > 3 * (plain.high - plain.low)


def test_a_seed_decides_all_draws():
    series = history(np.random.default_rng(2), noise=2.0)
    first, again, other = (fit_growth(series, n_draws=100, seed=seed) for seed in (0, 0, 1))
    assert first.overall == again.overall
    assert first.overall != other.overall


def test_doubling_has_no_end_where_growth_may_be_none():
    draws = np.linspace(-0.1, 0.3, 101)
    grows = rate(2010, 2020, 0.1, draws).doubling_months
    assert grows.interval.high == math.inf
    assert grows.interval.low == pytest.approx(12 * math.log10(2) / 0.28)
    falls = rate(2010, 2020, -0.1, -draws).doubling_months
    assert falls.value < 0
    assert falls.interval.low == -math.inf


def test_too_few_rows_are_refused_in_words():
    few = history(np.random.default_rng(0), 4)
    with pytest.raises(FitError, match="has 4 rows with a value, a trend needs 5"):
        fit_growth(few)


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_any_series_is_fitted_or_refused(rows):
    series = series_of(rows)
    try:
        found = fit_growth(series, n_draws=50)
    except FitError:
        return
    slope = found.overall.slope
    assert np.isfinite([slope.value, slope.interval.low, slope.interval.high]).all()
    assert sum(form.weight for form in found.forms) == pytest.approx(1)
