import numpy as np
import pytest

from armillary.reports import fit_tables


def test_the_best_size_grows_by_the_exponents_of_the_law(isoflop_fit):
    law = isoflop_fit.law  # N ~ C^(beta / (alpha + beta)), Hoffmann et al. 2022, equation 4
    growth = fit_tables.size_exponent(isoflop_fit)
    assert growth.value == pytest.approx(law.beta / (law.alpha + law.beta), rel=1e-6)
    assert growth.value in growth.interval


def test_size_times_data_is_the_budget(isoflop_fit):
    size, data = fit_tables.best_split(isoflop_fit, 1e15)
    assert 6 * size.value * data.value == pytest.approx(1e15, rel=1e-6)
    ratio = fit_tables.tokens_per_param(isoflop_fit, 1e15)
    assert ratio.value == pytest.approx(data.value / size.value)
    assert np.isfinite([ratio.interval.low, ratio.interval.high]).all()
