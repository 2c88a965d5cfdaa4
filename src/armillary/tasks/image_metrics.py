"""How good generated images are, on features of real and generated ones: any classifier's, made anywhere.

Features are rows, one an image; whoever reports a figure says whose features they are, for distances on
the features of two networks cannot be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Float, Int

from armillary.core.errors import DataError
from armillary.tasks.neighbours import nearest, neighbour_radii, surrounded
from armillary.tasks.resampling import N_RESAMPLES, SEED, interval, means

Features = Float[np.ndarray, "_ features"]  # samples; sets may have different numbers of them

N_NEIGHBOURS = 3  # Kynkäänniemi et al. 2019, section 3
N_NEIGHBOURS_DENSITY = 5  # Naeem et al. 2020, section 5
N_FRECHET_RESAMPLES = 200
N_SIZES = 15  # sizes of subsamples that a limit is extrapolated from (Chong & Forsyth 2020)
SMALLEST_SHARE = 0.25  # of the samples in the smallest of them
COPIED = 0.01  # share of held-out images that count as copies of a training image, by definition


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Moments:
    """The Gaussian that a Fréchet distance takes a set of features for."""

    mean: Float[np.ndarray, " features"]
    covariance: Float[np.ndarray, "features features"]

    @classmethod
    def of(cls, features: Features) -> Moments:
        """Return mean and covariance (divided by n - 1).  DataError for fewer than two samples."""
        if len(features) < 2:
            raise DataError(f"a covariance takes two samples or more, got {len(features)}")
        exact = features.astype(np.float64)
        mean = exact.mean(axis=0)
        centred = exact - mean
        return cls(mean, centred.T @ centred / (len(exact) - 1))


# --- Fréchet distance -------------------------------------------------------------------------------


def frechet_distance(a: Moments, b: Moments) -> float:
    """Return the squared 2-Wasserstein distance of two Gaussians (Dowson & Landau 1982; Heusel et al. 2017).

        d^2 = |m_a - m_b|^2 + tr(C_a) + tr(C_b) - 2 tr((C_a C_b)^(1/2))

    The last trace is the sum of the singular values of R_a R_b for the symmetric roots R of the
    covariances, so that nothing has to be added to a singular one.
    """
    cross = scipy.linalg.svdvals(_root(a.covariance) @ _root(b.covariance)).sum()
    apart = np.sum((a.mean - b.mean) ** 2)
    return max(0.0, float(apart + np.trace(a.covariance) + np.trace(b.covariance) - 2 * cross))


def frechet_estimate(real: Features, generated: Features, n_resamples: int = N_FRECHET_RESAMPLES) -> Estimate:
    """Return the Fréchet distance with a bootstrap interval over both sets.

    The distance of finite samples is too large, by about a constant over their number (Chong & Forsyth
    2020): compare figures of equal numbers only, and with that of real images against real ones
    (``frechet_limit`` extrapolates).  Resamples have the bias twice, so the interval is that of their
    spread, about the value.
    """
    value = frechet_distance(Moments.of(real), Moments.of(generated))
    draw = np.random.default_rng(SEED)
    resampled = [
        frechet_distance(*(Moments.of(x[draw.integers(len(x), size=len(x))]) for x in (real, generated)))
        for _ in range(n_resamples)
    ]
    low, high = np.percentile(resampled, [2.5, 97.5]) - np.mean(resampled)
    return Estimate(value, max(0.0, value + low), value + high)


def frechet_limit(real: Features, generated: Features, n_sizes: int = N_SIZES) -> float:
    """Return what the Fréchet distance would be for endless samples (Chong & Forsyth 2020, section 3.2).

    It is linear in one over the number of samples; the line through subsamples of ``n_sizes`` sizes, the
    same share of both sets, is read off at zero.  Noise may take it below zero where sets are alike.
    """
    draw = np.random.default_rng(SEED)
    shares = np.linspace(SMALLEST_SHARE, 1.0, n_sizes)
    distances = []
    for share in shares:
        parts = [x[draw.permutation(len(x))[: max(2, round(share * len(x)))]] for x in (real, generated)]
        distances.append(frechet_distance(*map(Moments.of, parts)))
    return float(np.polyfit(1 / shares, distances, 1)[1])


def _root(covariance: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """Return the symmetric square root of a positive semi-definite matrix; rounding below zero is zero."""
    values, vectors = scipy.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(values.clip(min=0))) @ vectors.T)


# --- fidelity and variety ---------------------------------------------------------------------------


def precision_and_recall(
    real: Features, generated: Features, n_neighbours: int = N_NEIGHBOURS
) -> tuple[Estimate, Estimate]:
    """Return improved precision and recall (Kynkäänniemi et al. 2019, eqs. 1 to 3).

    A set is taken for the union of balls about its samples, each reaching to the sample's k-th neighbour
    in the set.  Precision is the share of generated samples inside the real set, recall the share of real
    ones inside the generated.  Both depend on the numbers of samples; the intervals resample the samples
    that are counted, the balls being given.
    """
    precision = surrounded(generated, real, neighbour_radii(real, n_neighbours)) > 0
    recall = surrounded(real, generated, neighbour_radii(generated, n_neighbours)) > 0
    return _mean(precision.astype(float)), _mean(recall.astype(float))


def density_and_coverage(
    real: Features, generated: Features, n_neighbours: int = N_NEIGHBOURS_DENSITY
) -> tuple[Estimate, Estimate]:
    """Return density and coverage (Naeem et al. 2020, eqs. 3 and 4), which one outlier cannot enlarge.

    Density is the mean number of real balls about a generated sample, over k: 1 for the real distribution.
    Coverage is the share of real samples with a generated one in their ball.
    """
    radii = neighbour_radii(real, n_neighbours)
    density = surrounded(generated, real, radii) / n_neighbours
    coverage = nearest(real, generated)[0] <= radii
    return _mean(density), _mean(coverage.astype(float))


# --- memorisation -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Memorisation:
    """Whether generated images are nearer to training images than images that nobody trained on.

    ``distances`` are the generated images' distances to their nearest training image, ``held_out`` those of
    held-out real images.  ``threshold`` is the distance below which a share ``COPIED`` of the held-out
    images lie, and ``share`` how many generated ones do: a generator that copies nothing has about
    ``COPIED``.  ``nearer`` is the probability that a generated image is nearer than a held-out one, ties
    counting half: 0.5 for fresh draws of the same distribution, more where training images are copied
    (the statistic of Meehan et al. 2020).  Blurred images, which are near to everything, raise it too.
    """

    distances: Float[np.ndarray, " samples"]
    nearest: Int[np.ndarray, " samples"]  # which training image that is
    held_out: Float[np.ndarray, " held_out"]  # in rising order
    threshold: float
    share: Estimate
    nearer: float


def memorisation(train: Features, held_out: Features, generated: Features) -> Memorisation:
    """Return how ``generated`` images stand to the training images, measured by ``held_out`` ones.

    Rows are features, or pixels.
    """
    distances, index = nearest(generated, train)
    usual = np.sort(nearest(held_out, train)[0])
    threshold = float(np.quantile(usual, COPIED))
    below, not_above = (np.searchsorted(usual, distances, side=side) for side in ("left", "right"))
    nearer = 1 - float((below + not_above).mean()) / (2 * len(usual))
    share = _mean((distances < threshold).astype(float))
    return Memorisation(distances, index, usual, threshold, share, nearer)


# --- all of them ------------------------------------------------------------------------------------


def image_metrics(
    real: Features, generated: Features, train: Features, n_resamples: int = N_FRECHET_RESAMPLES
) -> dict[str, float]:
    """Return every figure by name, with ``_low`` and ``_high`` for the ends of its 95% interval.

    ``real`` are held-out images, ``train`` those that the generator learnt from; all in the same features.
    """
    precision, recall = precision_and_recall(real, generated)
    density, coverage = density_and_coverage(real, generated)
    copied = memorisation(train, real, generated)
    estimates = {
        "frechet_distance": frechet_estimate(real, generated, n_resamples),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "memorised": copied.share,
    }
    named = {
        f"{name}{ending}": value
        for name, e in estimates.items()
        for ending, value in (("", e.value), ("_low", e.low), ("_high", e.high))
    }
    return named | {
        "frechet_limit": frechet_limit(real, generated),
        "nearest_training_distance": float(np.median(copied.distances)),
        "nearest_training_distance_held_out": float(np.median(copied.held_out)),
        "nearer_than_held_out": copied.nearer,
    }


def _mean(values: Float[np.ndarray, " samples"]) -> Estimate:
    low, high = interval(means(values), N_RESAMPLES)
    return Estimate(float(values.mean()), low, high)
