import numpy as np
import pytest
from histories import history

from armillary.trends.breaks import profiles, weights
from armillary.trends.censoring import Sample
from armillary.trends.lines import sample_lines


def bent(n=120):
    rng = np.random.default_rng(0)
    return Sample.of(history(rng, n, slope=0.8, break_at=2016.0, bend=-0.3, scatter=0.8))


def test_draws_have_each_form_as_often_as_it_has_weight():
    sample = bent()
    found = profiles(sample)
    lines, share = sample_lines(sample, found, 1000), weights(found)
    assert np.mean(np.isinf(lines.breaks)) == pytest.approx(share["straight"], abs=0.002)
    assert np.mean(lines.coefficients[:, 3] != 0) == pytest.approx(share["jump"], abs=0.002)


def test_break_dates_are_drawn_from_their_profile():
    sample = bent()
    kink = profiles(sample, ("kink",))["kink"]
    drawn = sample_lines(sample, {"kink": kink}, 2000).breaks
    expected = (kink.share * kink.breaks).sum()
    assert drawn.mean() == pytest.approx(expected, abs=0.02)
    assert set(drawn) <= set(kink.breaks)


def test_few_rows_scatter_by_students_distribution():
    rng = np.random.default_rng(1)
    sample = Sample.of(history(rng, 12))
    lines = sample_lines(sample, profiles(sample, ("straight",)), 20_000)
    level, slope = np.polynomial.polynomial.polyfit(sample.t, sample.y, 1)
    s = np.sqrt(((sample.y - level - slope * sample.t) ** 2).sum() / 10)
    assert np.median(lines.sd) == pytest.approx(s * np.sqrt(10 / 9.342), rel=0.02)  # chi-square's median


def test_old_rows_of_a_discounted_sample_count_less():
    series = history(np.random.default_rng(2), 200, slope=0.2, break_at=2018.0, bend=0.8, scatter=0.1)
    sample = Sample.of(series)
    slopes = {
        half_life: np.median(sample_lines(s, profiles(s, ("straight",)), 100).coefficients[:, 1])
        for half_life, s in ((None, sample), (1.0, sample.discounted(1.0)))
    }
    assert slopes[None] < 0.6 < slopes[1.0]
    assert sample.discounted(1.0).n_effective < 0.5 * sample.n_effective == pytest.approx(100)
