"""How good answers are, as plain numbers: what every model and every baseline of a task is judged by."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float, Int

CALIBRATION_BINS = 15  # Guo et al. 2017 use 15 bins of equal width
CONFIDENCE = 1.959964  # standard normal quantile of a two-sided 95% interval


def classification_metrics(
    log_probs: Float[np.ndarray, "n n_classes"], targets: Int[np.ndarray, " n"]
) -> dict[str, float]:
    """Return the metrics of a classifier from its log-probabilities of every class.

    ``loss`` is the cross-entropy in nats per example, without smoothing; ``accuracy_low`` and
    ``accuracy_high`` bound the accuracy with 95% confidence; ``calibration_error`` is the expected one.
    """
    predicted = log_probs.argmax(axis=1)
    correct = predicted == targets
    confidence = np.exp(log_probs.max(axis=1).astype(np.float64))
    low, high = wilson_interval(int(correct.sum()), len(targets))
    return {
        "loss": cross_entropy(log_probs, targets),
        "accuracy": float(correct.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        "macro_f1": macro_f1(predicted, targets),
        "calibration_error": expected_calibration_error(confidence, correct),
    }


def language_metrics(loss: float, bytes_per_token: float) -> dict[str, float]:
    """Return the metrics of a language model whose mean loss is ``loss`` nats per token.

    ``bytes_per_token`` is the mean length in UTF-8 of the tokens that were judged: the loss divided
    by it no longer depends on the tokenizer, in bits per byte.
    """
    return {
        "loss": loss,
        "perplexity": math.exp(min(loss, 700.0)),  # e^710 is more than a float can hold
        "bits_per_byte": loss / math.log(2) / bytes_per_token,
    }


def cross_entropy(log_probs: Float[np.ndarray, "n n_classes"], targets: Int[np.ndarray, " n"]) -> float:
    """Return the mean of -log p(target) in nats."""
    return float(-log_probs[np.arange(len(targets)), targets].mean(dtype=np.float64))


def wilson_interval(n_correct: int, n: int) -> tuple[float, float]:
    """Return the 95% interval of a share of ``n_correct`` out of ``n`` (Wilson 1927).

    Unlike the textbook interval it stays within [0, 1] and is not empty at 0 or ``n``.
    """
    share, z2 = n_correct / n, CONFIDENCE**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = CONFIDENCE / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def macro_f1(predicted: Int[np.ndarray, " n"], targets: Int[np.ndarray, " n"]) -> float:
    """Return the unweighted mean over classes of F1 = 2 TP / (2 TP + FP + FN).

    Over the classes that occur among predictions or targets; of the others there is nothing to say.
    """
    n_classes = int(max(predicted.max(), targets.max())) + 1
    hits = np.bincount(targets[predicted == targets], minlength=n_classes)
    both = np.bincount(predicted, minlength=n_classes) + np.bincount(targets, minlength=n_classes)
    occurs = both > 0
    return float((2 * hits[occurs] / both[occurs]).mean())


def per_class_accuracy(
    predicted: Int[np.ndarray, " n"], targets: Int[np.ndarray, " n"], n_classes: int
) -> Float[np.ndarray, " n_classes"]:
    """Return the share of each class's examples that was recognised; NaN for a class without examples."""
    seen = np.bincount(targets, minlength=n_classes)
    hits = np.bincount(targets[predicted == targets], minlength=n_classes)
    shares = np.full(n_classes, np.nan)
    np.divide(hits, seen, out=shares, where=seen > 0)
    return shares


def expected_calibration_error(
    confidence: Float[np.ndarray, " n"], correct: Bool[np.ndarray, " n"], n_bins: int = CALIBRATION_BINS
) -> float:
    """Return sum over bins of (share of examples) |accuracy - mean confidence| (Naeini et al. 2015).

    Bins of equal width over (0, 1]; ``confidence`` is the probability of the class that was predicted.
    """
    bins = np.clip(np.ceil(confidence * n_bins).astype(int) - 1, 0, n_bins - 1)
    gap = np.bincount(bins, weights=correct - confidence, minlength=n_bins)
    return float(np.abs(gap).sum() / len(confidence))
