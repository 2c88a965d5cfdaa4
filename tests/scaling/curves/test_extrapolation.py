from dataclasses import replace

import numpy as np
import pytest
from simulated_curves import curve

from armillary.core.errors import RequestError
from armillary.scaling.curves.blend import MOST_WIDEN, fit_curve
from armillary.scaling.curves.checks import check_curve
from armillary.scaling.curves.extrapolation import curve_intervals, extrapolate_curve


@pytest.fixture(scope="module", params=[False, True], ids=["falling", "rising"])
def fit(request):
    return fit_curve(curve(rising=request.param), ("m2", "m4", "broken-1"))


def test_the_value_lies_in_its_intervals_and_they_nest(fit):
    said = extrapolate_curve(fit, 2e4)
    assert said.interval_90.low < said.interval_50.low < said.value
    assert said.value < said.interval_50.high < said.interval_90.high
    assert said.x_ratio == pytest.approx(2.0)
    assert min(said.by_law.values()) * 0.95 < said.value < max(said.by_law.values()) * 1.05
    assert said.supported


def test_intervals_widen_with_distance(fit):
    near, far = curve_intervals(fit, np.array([1.1e4, 1e6]), 0.9)
    assert far.high / far.low > near.high / near.low


def test_predictions_too_far_out_or_from_too_little_are_not_supported(fit):
    said = extrapolate_curve(fit, 1e9)
    assert not said.supported
    assert "measure up to" in said.advice
    short = fit_curve(curve(n_points=5), ("m2",))
    assert "back-tests needed" in extrapolate_curve(short, 1.1e4).advice


def test_a_curve_that_jumps_follows_no_law():
    smooth = curve(n_points=15, sd=0.0)
    jump = replace(smooth, y=np.where(smooth.x > 100, 0.2, 0.9))
    fit = fit_curve(jump, ("m2", "m4"))
    said = extrapolate_curve(fit, 2e4)
    assert not said.supported
    assert "it follows no law yet" in said.advice
    assert 1.5 < fit.record.widen <= MOST_WIDEN


@pytest.mark.parametrize("x", [0.0, -1.0, np.inf])
def test_x_has_to_be_above_zero(fit, x):
    with pytest.raises(RequestError, match="above zero"):
        extrapolate_curve(fit, x)


def test_held_out_points_are_checked(fit):
    check = check_curve(fit)
    off = np.log(fit.predict(fit.curve.held_out_x) / fit.curve.held_out_y)
    assert check.n_points == 3
    assert check.rmsle == pytest.approx(np.sqrt(np.mean(off**2)))
    assert 0 <= check.coverage_50 <= check.coverage_90 <= 1


@pytest.mark.slow
def test_intervals_cover_what_simulated_curves_do():
    fits = [fit_curve(curve(n_points=20, sd=0.01, seed=seed)) for seed in range(60)]
    checks = [check_curve(fit) for fit in fits]
    assert 0.4 <= np.mean([check.coverage_50 for check in checks]) <= 0.85
    assert np.mean([check.coverage_90 for check in checks]) >= 0.85
