"""Which models stand apart from their time."""

import datetime
import statistics

import numpy as np
import pytest

from armillary.trends.outliers import large_scale, low_outliers, z_scores

DAY = datetime.date(2020, 1, 1)


def test_z_scores_are_those_of_a_hand_count():
    dates = [DAY, DAY + datetime.timedelta(weeks=52), DAY + datetime.timedelta(weeks=104, days=1)]
    scores = z_scores(dates, np.array([1e20, 1e22, 1e23]))
    first = [20.0, 22.0]  # the third lies a day beyond 52 weeks of the second, too
    assert scores[0] == pytest.approx((20 - statistics.mean(first)) / statistics.pstdev(first))
    assert scores[1] == pytest.approx((22 - statistics.mean(first)) / statistics.pstdev(first))
    assert scores[2] == 0.0


def test_one_far_below_its_time_is_an_outlier_and_one_far_above_is_large():
    dates = [DAY + datetime.timedelta(days=i) for i in range(20)]
    values = np.array([1e22] * 18 + [1e17, 1e25])
    assert np.flatnonzero(low_outliers(dates, values)).tolist() == [18]
    assert np.flatnonzero(large_scale(dates, values)).tolist() == [19]


def test_nothing_is_large_before_the_large_scale_began():
    dates = [datetime.date(2015, 8, 1)] * 3 + [datetime.date(2015, 9, 2)]
    assert large_scale(dates, np.array([1e18, 1e18, 1e20, 1e20])).tolist() == [False, False, False, True]
