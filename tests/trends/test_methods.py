from dataclasses import replace

import numpy as np
import pytest
from histories import history

from armillary.core.errors import RequestError, UnknownNameError
from armillary.trends.methods import METHODS, candidates, method_named, standard
from armillary.trends.scurves import S_CURVES
from armillary.trends.series import Series


def quarterly(slope=0.3, n=20) -> Series:
    series = history(np.random.default_rng(0), n, slope=slope, scatter=0.02)
    return replace(series, dates=np.linspace(2016.0, 2021.0, n))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_forecasts_rows(name):
    forecast = METHODS[name].sample(quarterly(n=30), 50, 0)
    rows = forecast.rows(np.array([2022.0, 2024.0]))
    assert rows.shape == (50, 2)
    assert np.isfinite(rows).all()
    assert (forecast.rows(np.array([2022.0, 2024.0])) == rows).all()


def test_growing_lines_agree_on_a_straight_history():
    series = history(np.random.default_rng(1), 200, scatter=0.2)
    truth = 20 + 0.5 * 15
    for name in ("straight", "recent", "breaks", "median"):
        middle = np.median(METHODS[name].sample(series, 300, 0).trend(np.array([2025.0])))
        assert middle == pytest.approx(truth, abs=0.25)


def test_no_growth_stays_at_the_level_of_the_latest_rows():
    series = history(np.random.default_rng(1), 100, scatter=0.01)
    middle = np.median(METHODS["no-growth"].sample(series, 300, 0).trend(np.array([2022.0, 2040.0])), axis=0)
    assert middle == pytest.approx(np.log10(np.sort(series.values)[-10:]).mean(), abs=0.05)


def test_s_curves_are_for_what_grows_and_is_measured_again_and_again():
    assert set(S_CURVES) <= set(candidates(quarterly()))
    assert not set(S_CURVES) & set(candidates(quarterly(slope=-0.3)))
    assert not set(S_CURVES) & set(candidates(history(np.random.default_rng(0))))
    assert not set(S_CURVES) & set(candidates(replace(quarterly(), frontier=10)))


def test_below_a_known_ceiling_only_s_curves_will_do():
    share = replace(quarterly(), ceiling=1e30)
    assert candidates(share) == ("no-growth", *S_CURVES)
    assert standard(share) == "logistic"
    assert standard(quarterly()) == "straight"


def test_what_cannot_be_done_is_said():
    with pytest.raises(UnknownNameError, match="did you mean 'recent'"):
        method_named("recents")
    with pytest.raises(RequestError, match="a break needs 10 rows before and after"):
        METHODS["kink"].sample(quarterly(n=12), 10, 0)
