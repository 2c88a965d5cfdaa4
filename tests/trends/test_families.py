"""Families of architectures over time."""

import datetime

import numpy as np
import pytest
from scipy.stats import beta

from armillary.core.errors import FitError
from armillary.trends.families import adoption, family_shares, jeffreys
from armillary.trends.record import models
from armillary.trends.rows import Date, Row


def row(year, family, notable=True):
    day = datetime.date(int(year), 1, 1) + datetime.timedelta(days=int((year % 1) * 364))
    return Row(name=f"{family} {year}", date=Date(day=day), amounts={}, family=family, notable=notable)


def test_shares_of_a_window_are_those_of_a_hand_count():
    rows = [row(2010.5, "CNN"), row(2011.0, "CNN"), row(2011.5, "RNN"), row(2014.5, "RNN"), row(2011.0, "")]
    found = family_shares(
        [*rows, row(2011.0, "GAN", notable=False)], np.array([2011.0, 2014.0, 2019.0]), window=2
    )
    assert found.families == ("CNN", "RNN")
    assert found.n_models.tolist() == [3, 1, 0]
    assert found.share[:, :2] == pytest.approx(np.array([[2 / 3, 0], [1 / 3, 1]]))
    assert np.isnan(found.share[:, 2]).all()
    assert found.untold == 1


def test_intervals_are_jeffreys():
    low, high = jeffreys(np.array([0.0, 3.0, 10.0]), np.array([10.0, 10.0, 10.0]))
    assert low[0] == 0.0
    assert high[2] == 1.0
    assert (low[1], high[1]) == pytest.approx(beta.ppf([0.05, 0.95], 3.5, 7.5))


def test_shares_of_the_record_tell_the_story():
    found = family_shares(models())
    assert np.nansum(found.share, axis=0)[found.n_models > 0] == pytest.approx(1.0)

    def share(family, year):
        return found.share[found.families.index(family), np.flatnonzero(found.years == year)[0]]

    assert share("CNN", 2015.5) > share("Transformer", 2015.5) == 0
    assert share("Transformer", 2024.5) > 0.7
    assert share("classical", 2024.5) == 0


def test_simulated_adoptions_are_recovered_as_often_as_intervals_say():
    truth = {"midpoint": 2014.0, "years_10_to_90": 6.0, "ceiling": 0.8}
    inside = []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        dates = rng.uniform(2000, 2026, 200)
        share = 0.8 / (1 + np.exp(-(dates - 2014.0) * 2 * np.log(9) / 6.0))
        taken = rng.random(200) < share
        found = adoption([row(d, "new" if t else "old") for d, t in zip(dates, taken, strict=True)], "new")
        inside.append([value in getattr(found, name).interval for name, value in truth.items()])
    assert np.mean(inside, axis=0).min() >= 0.75  # 90% of 16, give or take


def test_a_family_that_fell_is_fitted_up_to_its_peak():
    rng = np.random.default_rng(0)
    dates = rng.uniform(2000, 2020, 300)
    chance = np.where(dates < 2010, 1 / (1 + np.exp(-(dates - 2005) * 2)), 0.05)
    rows = [row(d, "new" if rng.random() < p else "old") for d, p in zip(dates, chance, strict=True)]
    found = adoption(rows, "new")
    assert 2007 < found.peak < 2010
    assert 2005.0 in found.midpoint.interval
    assert found.ceiling.value > 0.85


def test_transformers_were_adopted_from_2017_on():
    found = adoption(models(), "Transformer")
    assert 2017 < found.first < 2018
    assert 2018 < found.midpoint.value < 2021
    assert found.ceiling.value > 0.85


def test_too_few_models_are_no_curve():
    with pytest.raises(FitError, match="a curve needs 5"):
        adoption(models(), "state space")
    with pytest.raises(FitError, match="tells its architecture"):
        family_shares([row(2020, "")])
    with pytest.raises(FitError, match="an adoption curve needs 20"):
        adoption([row(2020 + i / 10, "new") for i in range(6)], "new")
