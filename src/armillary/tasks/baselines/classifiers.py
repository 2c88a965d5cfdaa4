"""Classical classifiers: the majority class, and logistic regression on pixels or on TF-IDF."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from armillary.tasks.metrics import classification_metrics, cross_entropy

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

Targets = Int[np.ndarray, " _"]

# scikit-learn takes a second to import; only who trains a baseline waits for it.

INVERSE_PENALTIES = (0.1, 1.0, 10.0, 100.0)  # C of scikit-learn; validation loss chooses
MAX_ITERATIONS = 200  # of L-BFGS
MAX_FEATURES = 100_000  # of each kind (words, character n-grams), the most frequent ones


def classification_baselines(
    linear: str, features: Sequence[Any], targets: Sequence[Targets], n_classes: int
) -> dict[str, dict[str, float]]:
    """Return test metrics of the majority class and of logistic regression, named ``linear``.

    ``features`` (matrices of a row an example) and ``targets`` are those of training, validation and test.
    """
    train, validation, test = zip(features, targets, strict=True)
    n_test = len(test[1])
    return {
        "majority-class": classification_metrics(majority_class(train[1], n_test, n_classes), test[1]),
        linear: classification_metrics(logistic_regression(train, validation, test[0], n_classes), test[1]),
    }


def majority_class(
    train: Int[np.ndarray, " n_train"], n: int, n_classes: int
) -> Float[np.ndarray, "n n_classes"]:
    """Return log-probabilities for ``n`` examples of always guessing the classes' shares in training.

    Shares are smoothed by one example a class (Laplace), so that no class is impossible.
    """
    shares = np.bincount(train, minlength=n_classes) + 1.0
    return np.tile(np.log(shares / shares.sum()), (n, 1))


def logistic_regression(
    train: tuple[Any, Int[np.ndarray, " n_train"]],
    validation: tuple[Any, Int[np.ndarray, " n_validation"]],
    test: Any,
    n_classes: int,
) -> Float[np.ndarray, "n n_classes"]:
    """Return the log-probabilities of the ``test`` rows under the best logistic regression.

    ``train`` and ``validation`` are (features, targets), features a matrix, dense or sparse.  The
    penalty is the one of INVERSE_PENALTIES with the least validation loss; each fit starts from the
    one before.  Every class of 0 .. n_classes - 1 must occur in training.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=MAX_ITERATIONS, warm_start=True)
    best, best_loss = np.empty((0, n_classes)), np.inf
    for penalty in INVERSE_PENALTIES:
        _fit(model.set_params(C=penalty), *train)
        loss = cross_entropy(_log_probs(model, validation[0]), validation[1])
        if loss < best_loss:
            best, best_loss = _log_probs(model, test), loss
    return best


def tfidf_features(train: Sequence[str], *others: Sequence[str]) -> list[Any]:
    """Return sparse TF-IDF matrices of each list of texts, weighted by what ``train`` holds.

    Words and pairs of words, beside character n-grams of 1 to 4 that also work where a script has no
    spaces between words.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    common = {"sublinear_tf": True, "max_features": MAX_FEATURES, "dtype": np.float32}
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **common)
    characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), **common)
    union = FeatureUnion([("words", words), ("characters", characters)])
    return [union.fit_transform(train), *(union.transform(texts) for texts in others)]


def _fit(model: LogisticRegression, features: Any, targets: Int[np.ndarray, " n"]) -> None:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # On separable data the loss falls for ever; the validation split judges where we stop.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, targets)


def _log_probs(model: LogisticRegression, features: Any) -> Float[np.ndarray, "n n_classes"]:
    """Return log-softmax of the scores: scikit-learn's own log-probabilities reach minus infinity."""
    scores = model.decision_function(features).astype(np.float64)
    if scores.ndim == 1:  # two classes have one score, the second's against the first
        scores = np.stack([np.zeros_like(scores), scores], axis=1)
    scores -= scores.max(axis=1, keepdims=True)
    log_probs: np.ndarray = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return log_probs
