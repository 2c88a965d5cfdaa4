from dataclasses import replace

import numpy as np
import pytest

from armillary.core.errors import FitError, RequestError, UnknownNameError
from armillary.trends.scurves import S_CURVES, fit_s_curve, sample_s_curves
from armillary.trends.series import Series

TRUTH = {"logistic": (0.8, 2012.0), "gompertz": (0.4, 2011.0), "bass": (0.02, 0.6, 2003.0)}


def history(curve, until=2020.0, n=40, scatter=0.04, ceiling=500.0, seed=0) -> Series:
    rng = np.random.default_rng(seed)
    dates = np.linspace(2004, until, n)
    share = np.exp(S_CURVES[curve].log_share(dates, *TRUTH[curve]))
    values = ceiling * share * 10 ** (scatter * rng.standard_normal(n))
    return Series(
        quantity="users", unit="people", selection="all", dates=dates, values=values, low=values, high=values,
        names=tuple(map(str, range(n))), sources=("told",) * n,
    )  # fmt: skip


@pytest.mark.parametrize("curve", S_CURVES)
def test_a_finished_curve_is_recovered(curve):
    found = fit_s_curve(history(curve), curve)
    assert found.ceiling is not None
    assert found.ceiling.value == pytest.approx(500, rel=0.1)
    assert 500 in found.ceiling.interval
    assert found.scatter == pytest.approx(0.04, rel=0.35)
    shape = S_CURVES[curve]
    assert found.inflection.value == pytest.approx(shape.inflection(*TRUTH[curve]), abs=0.5)


@pytest.mark.parametrize("curve", S_CURVES)
def test_a_curve_seen_while_it_is_exponential_has_no_ceiling(curve):
    early = {"logistic": 2008.0, "gompertz": 2004.6, "bass": 2005.0}[curve]
    found = fit_s_curve(history(curve, until=early, scatter=0.1), curve)
    assert found.ceiling is None
    assert found.ceiling_at_least < 500
    assert "no ceiling is identified" in found.advice


def test_a_known_ceiling_is_held():
    early = history("logistic", until=2008.0)
    found = fit_s_curve(replace(early, ceiling=500.0), "logistic")
    assert found.ceiling.value == pytest.approx(500)
    assert 2012 in found.inflection.interval
    with pytest.raises(RequestError, match="lies below"):
        replace(early, ceiling=1.0)


def test_bass_inflection_is_where_growth_is_fastest():
    shape = S_CURVES["bass"]
    t = np.linspace(2003.001, 2020, 20001)
    fastest = t[np.argmax(np.gradient(np.exp(shape.log_share(t, *TRUTH["bass"])), t))]
    assert shape.inflection(*TRUTH["bass"]) == pytest.approx(fastest, abs=0.01)


@pytest.mark.parametrize("curve", ["logistic", "gompertz"])
def test_ceilings_are_covered_at_the_nominal_rate(curve):
    inside = []
    for seed in range(60):
        found = fit_s_curve(history(curve, until=2015.0, n=20, seed=seed), curve, n_draws=300)
        inside.append(found.ceiling is not None and 500 in found.ceiling.interval)
    assert 0.8 <= np.mean(inside) <= 0.99


def test_draws_follow_the_curve_where_there_are_data():
    series = history("logistic")
    draws = sample_s_curves(series, "logistic", n_draws=200)
    middle = np.median(draws.trend(series.dates), axis=0)
    assert np.abs(middle - np.log10(series.values)).mean() < 0.05
    assert draws.rows(series.dates).shape == (200, 40)


def test_what_cannot_be_fitted_is_said():
    with pytest.raises(UnknownNameError, match="logistic"):
        fit_s_curve(history("logistic"), "logistik")
    with pytest.raises(FitError, match="needs 6 rows"):
        fit_s_curve(history("bass", n=5), "bass")
