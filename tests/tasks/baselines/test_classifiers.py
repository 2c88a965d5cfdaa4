import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from armillary.tasks.baselines.classifiers import (
    INVERSE_PENALTIES,
    logistic_regression,
    majority_class,
    tfidf_features,
)
from armillary.tasks.metrics import classification_metrics, cross_entropy


def test_the_majority_class_is_guessed_with_its_share():
    log_probs = majority_class(np.array([1, 1, 1, 0, 1]), n=3, n_classes=3)
    assert np.exp(log_probs) == pytest.approx(np.tile([2 / 8, 5 / 8, 1 / 8], (3, 1)))


@pytest.fixture(scope="module")
def digits():
    pixels, targets = load_digits(return_X_y=True)
    pixels = pixels / 16
    return [(pixels[rows], targets[rows]) for rows in (slice(600), slice(600, 900), slice(900, None))]


def test_logistic_regression_is_the_best_of_sklearns_by_validation_loss(digits):
    train, validation, test = digits
    log_probs = logistic_regression(train, validation, test[0], n_classes=10)
    assert np.exp(log_probs).sum(axis=1) == pytest.approx(np.ones(len(test[0])))
    alone = [LogisticRegression(C=c, max_iter=200).fit(*train) for c in INVERSE_PENALTIES]
    losses = [cross_entropy(model.predict_log_proba(validation[0]), validation[1]) for model in alone]
    expected = alone[int(np.argmin(losses))].predict_log_proba(test[0])
    # A warm start ends within the solver's tolerance of a cold one: the same answers, nearly the same loss.
    assert (log_probs.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.99
    assert cross_entropy(log_probs, test[1]) == pytest.approx(cross_entropy(expected, test[1]), rel=0.02)
    assert classification_metrics(log_probs, test[1])["accuracy"] > 0.9


def test_two_classes_have_two_probabilities(digits):
    binary = [(x[y < 2], y[y < 2]) for x, y in digits]
    log_probs = logistic_regression(*binary[:2], binary[2][0], n_classes=2)
    assert classification_metrics(log_probs, binary[2][1])["accuracy"] > 0.98


def test_tfidf_tells_texts_apart_with_and_without_spaces():
    good, bad = ["很好吃的东西", "好极了真好", "a good day"], ["太难吃了", "难看得很", "a bad day"]
    train = tfidf_features(good + bad, ["好吃", "难吃", "bad"])
    targets = np.array([0, 0, 0, 1, 1, 1])
    log_probs = logistic_regression((train[0], targets), (train[0], targets), train[1], n_classes=2)
    assert log_probs.argmax(axis=1).tolist() == [0, 1, 1]
