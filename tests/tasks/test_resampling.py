import math

import numpy as np
import pytest

from armillary.tasks.resampling import Statistics, interval, means, paired_test, resampled


@pytest.fixture
def scores():
    draw = np.random.default_rng(0)
    a = draw.normal(30, 10, 400)
    return a, a + draw.normal(1.0, 5, 400)


def test_the_interval_of_a_mean_is_that_of_its_standard_error(scores):
    a, _ = scores
    low, high = interval(means(a), n_resamples=4000)
    error = 1.96 * a.std() / math.sqrt(len(a))
    assert (low, high) == pytest.approx((a.mean() - error, a.mean() + error), abs=0.1)


def test_resamples_are_sums_over_sentences_drawn_with_replacement():
    counts = np.eye(5)
    drawn = resampled(counts, 2000)
    assert drawn.sum(axis=1) == pytest.approx(np.full(2000, 5))
    assert drawn.mean(axis=0) == pytest.approx(np.ones(5), abs=0.1)
    assert drawn.var(axis=0) == pytest.approx(np.full(5, 0.8), abs=0.1)  # binomial: 5 (1/5) (4/5)


def test_many_sentences_are_drawn_in_parts_without_a_change(monkeypatch):
    counts = np.random.default_rng(1).integers(0, 9, (50, 3)).astype(float)
    whole = resampled(counts, 64)
    monkeypatch.setattr("armillary.tasks.resampling.AT_A_TIME", 500)
    assert np.array_equal(resampled(counts, 64), whole)


def test_a_paired_test_has_the_p_value_and_the_interval_of_a_paired_t_test(scores):
    a, b = scores
    test = paired_test(means(b), means(a))
    error = 1.96 * (b - a).std() / math.sqrt(len(a))
    assert test.difference == pytest.approx((b - a).mean())
    assert (test.low, test.high) == pytest.approx(
        (test.difference - error, test.difference + error), abs=0.06
    )
    z = test.difference / (error / 1.96)
    assert test.p_value == pytest.approx(math.erfc(z / math.sqrt(2)), abs=3e-3)
    assert (test.ours, test.theirs) == pytest.approx((b.mean(), a.mean()))


def test_a_system_does_not_differ_from_itself(scores):
    same = means(scores[0])
    test = paired_test(same, same)
    assert (test.difference, test.low, test.high, test.p_value) == (0, 0, 0, 1)


def test_the_p_value_is_uniform_where_there_is_nothing_to_find():
    draw = np.random.default_rng(2)
    values = [
        paired_test(means(draw.normal(size=40)), means(draw.normal(size=40)), 10, 400).p_value
        for _ in range(200)
    ]
    assert np.mean(np.array(values) < 0.1) == pytest.approx(0.1, abs=0.06)
    assert np.mean(values) == pytest.approx(0.5, abs=0.07)


def test_turned_round_the_difference_changes_its_sign_alone(scores):
    forth, back = (
        paired_test(means(scores[0]), means(scores[1])),
        paired_test(means(scores[1]), means(scores[0])),
    )
    assert (back.difference, back.low, back.high) == pytest.approx(
        (-forth.difference, -forth.high, -forth.low)
    )
    assert back.p_value == forth.p_value


def test_a_score_need_not_be_a_mean():
    counts = np.array([[1.0, 2.0], [0.0, 10.0], [3.0, 3.0]])
    ratio = Statistics(counts, lambda sums: sums[..., 0] / sums[..., 1])
    assert ratio.corpus == pytest.approx(4 / 15)
    with pytest.raises(ValueError, match="3 and 2"):
        paired_test(ratio, Statistics(counts[:2], ratio.score))
