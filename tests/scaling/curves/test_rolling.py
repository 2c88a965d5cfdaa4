import numpy as np
import pytest
from simulated_curves import curve

from armillary.core.errors import FitError
from armillary.scaling.curves.rolling import LEAST_KNOWN, MOST_CUTS, cuts


def test_every_cut_predicts_what_lies_up_to_twice_beyond_it_and_nothing_it_knows():
    subject = curve(n_points=60)
    places = cuts(subject)
    assert len(places) == MOST_CUTS
    for known, asked in zip(places.known, places.asked, strict=True):
        assert known.sum() >= LEAST_KNOWN
        assert not (known & asked).any()
        last = subject.x[known].max()
        np.testing.assert_array_equal(asked, (subject.x > last) & (subject.x <= 2.0001 * last))


def test_the_latest_cut_comes_first_and_counts_most():
    places = cuts(curve(n_points=60))
    assert np.all(np.diff(places.known.sum(axis=1)) < 0)
    assert np.all(np.diff(places.weights) < 0)


def test_points_far_apart_are_predicted_one_at_a_time():
    places = cuts(curve(n_points=8, last=1e7))  # a factor of ten apart
    np.testing.assert_array_equal(places.asked.sum(axis=1), 1)
    np.testing.assert_array_equal(places.known.sum(axis=1), [7, 6, 5, 4])


def test_the_mean_is_over_the_asked_points():
    places = cuts(curve(n_points=12))
    errors = np.where(places.asked, 2.0, 99.0)
    np.testing.assert_array_equal(places.mean(errors), 2.0)


def test_too_few_points_are_refused():
    assert len(cuts(curve(n_points=LEAST_KNOWN))) == 0
    with pytest.raises(FitError, match="has 3 points and an extrapolation needs at least 4"):
        cuts(curve(n_points=3))
