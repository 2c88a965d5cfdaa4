import math

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.metrics import f1_score, log_loss, recall_score

from armillary.tasks.metrics import (
    classification_metrics,
    cross_entropy,
    expected_calibration_error,
    language_metrics,
    macro_f1,
    per_class_accuracy,
    wilson_interval,
)


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(500, 6)) * 2
    targets = np.where(rng.random(500) < 0.6, logits.argmax(1), rng.integers(0, 6, 500))
    return logits - np.log(np.exp(logits).sum(1, keepdims=True)), targets


def test_loss_and_f1_agree_with_sklearn(scored):
    log_probs, targets = scored
    metrics = classification_metrics(log_probs, targets)
    predicted = log_probs.argmax(1)
    assert metrics["loss"] == pytest.approx(log_loss(targets, np.exp(log_probs)))
    assert metrics["accuracy"] == pytest.approx((predicted == targets).mean())
    assert metrics["macro_f1"] == pytest.approx(f1_score(targets, predicted, average="macro"))
    assert per_class_accuracy(predicted, targets, 6) == pytest.approx(
        recall_score(targets, predicted, average=None)
    )


def test_classes_that_never_occur_count_neither_for_nor_against():
    predicted, targets = np.array([0, 0, 4, 4]), np.array([0, 4, 4, 4])
    assert macro_f1(predicted, targets) == pytest.approx(f1_score(targets, predicted, average="macro"))
    shares = per_class_accuracy(predicted, targets, 6)
    assert shares[[0, 4]].tolist() == [1.0, 2 / 3]
    assert np.isnan(shares[[1, 2, 3, 5]]).all()


def test_the_loss_of_a_uniform_guess_is_the_log_of_the_number_of_classes():
    assert cross_entropy(np.full((7, 10), math.log(0.1)), np.arange(7)) == pytest.approx(math.log(10))


def test_the_wilson_interval_is_the_one_of_the_textbook():
    # Brown, Cai & DasGupta 2001: its ends solve |p - share| = z sqrt(p (1 - p) / n).
    low, high = wilson_interval(7, 20)
    for end in (low, high):
        assert abs(end - 0.35) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / 20))
    assert wilson_interval(0, 10)[0] == 0.0
    assert wilson_interval(0, 10)[1] > 0.2
    assert wilson_interval(10, 10)[1] == 1.0


def test_the_wilson_interval_covers_the_truth_about_95_times_in_100():
    n, share = 100, 0.9
    covered = [low <= share <= high for low, high in (wilson_interval(k, n) for k in range(n + 1))]
    assert binom.pmf(np.arange(n + 1), n, share)[covered].sum() == pytest.approx(0.95, abs=0.02)


def test_calibration_error_by_hand():
    # One bin (0.8, 0.867]: confidence 0.85, accuracy 1/2; another (0.933, 1]: confidence 1, accuracy 1.
    confidence, correct = np.array([0.85, 0.85, 1.0, 1.0]), np.array([True, False, True, True])
    assert expected_calibration_error(confidence, correct) == pytest.approx(0.35 / 2)


def test_a_calibrated_classifier_has_a_small_calibration_error_and_an_overconfident_one_a_large_one():
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.3, 1, 50_000)
    correct = rng.random(50_000) < confidence
    assert expected_calibration_error(confidence, correct) < 0.01
    assert expected_calibration_error(np.sqrt(confidence), correct) > 0.1


def test_bits_per_byte_do_not_depend_on_the_tokenizer():
    # The same text at the same probability, cut into 100 tokens or into 25 of four times the length.
    fine, coarse = language_metrics(1.5, bytes_per_token=1.0), language_metrics(6.0, bytes_per_token=4.0)
    assert fine["bits_per_byte"] == pytest.approx(coarse["bits_per_byte"])
    assert fine["bits_per_byte"] == pytest.approx(1.5 / math.log(2))
    assert fine["perplexity"] == pytest.approx(math.exp(1.5))
