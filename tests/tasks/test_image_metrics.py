import numpy as np
import pytest
import scipy.linalg
from scipy.spatial.distance import cdist

from armillary.core.errors import DataError
from armillary.tasks.image_metrics import (
    Moments,
    density_and_coverage,
    frechet_distance,
    frechet_estimate,
    frechet_limit,
    image_metrics,
    memorisation,
    precision_and_recall,
)


def drawn(n=300, width=4, seed=0, shift=0.0, scale=1.0):
    return shift + scale * np.random.default_rng(seed).normal(size=(n, width))


def distance(a, b):
    return frechet_distance(Moments.of(a), Moments.of(b))


def test_moments_are_those_of_numpy():
    features = drawn().astype(np.float32)
    moments = Moments.of(features)
    assert moments.mean == pytest.approx(features.mean(axis=0), abs=1e-6)
    assert moments.covariance == pytest.approx(np.cov(features, rowvar=False), abs=1e-6)
    with pytest.raises(DataError, match="two samples or more, got 1"):
        Moments.of(features[:1])


def test_the_frechet_distance_is_the_formula_with_a_matrix_square_root():
    mix = np.random.default_rng(3).normal(size=(4, 4))
    a, b = Moments.of(drawn() @ mix), Moments.of(drawn(seed=1, shift=0.3))
    root = scipy.linalg.sqrtm(a.covariance @ b.covariance).real
    formula = np.sum((a.mean - b.mean) ** 2) + np.trace(a.covariance + b.covariance - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(formula, rel=1e-9)


def test_of_axes_apart_it_is_the_distance_of_means_and_of_deviations():
    a = Moments(np.array([0.0, 1.0]), np.diag([4.0, 9.0]))
    b = Moments(np.array([3.0, 1.0]), np.diag([1.0, 0.0]))  # singular
    assert frechet_distance(a, b) == pytest.approx(9 + (2 - 1) ** 2 + (3 - 0) ** 2)


def test_a_set_has_no_distance_from_itself_even_with_fewer_samples_than_features():
    few = drawn(5, 20)
    assert distance(few, few) == pytest.approx(0, abs=1e-9)


def test_the_interval_holds_the_value_and_narrows_with_samples():
    wide = frechet_estimate(drawn(100), drawn(100, seed=1, shift=1.0), 60)
    narrow = frechet_estimate(drawn(2000), drawn(2000, seed=1, shift=1.0), 60)
    assert wide.low < wide.value < wide.high
    assert narrow.low < 4.0 < narrow.high  # a shift of 1 along each of four axes
    assert narrow.high - narrow.low < 0.4 * (wide.high - wide.low)


def test_the_limit_takes_the_bias_of_finite_samples_away():
    pairs = [(drawn(200, 16, seed), drawn(200, 16, seed + 50)) for seed in range(8)]
    biased = np.mean([distance(a, b) for a, b in pairs])
    limits = [frechet_limit(a, b) for a, b in pairs]
    assert biased > 0.5
    assert abs(np.mean(limits)) < 0.25 * biased


def test_precision_and_recall_are_their_definitions():
    real, generated = drawn(60), drawn(50, seed=1, scale=0.5)
    precision, recall = precision_and_recall(real, generated, 3)

    def inside(points, reference):
        radii = np.sort(cdist(reference, reference), axis=1)[:, 3]
        return (cdist(points, reference) <= radii).any(axis=1).mean()

    assert precision.value == pytest.approx(inside(generated, real))
    assert recall.value == pytest.approx(inside(real, generated))
    assert precision.low <= precision.value <= precision.high


def test_one_mode_of_two_is_precise_and_recalls_half():
    real = np.concatenate([drawn(150), drawn(150, seed=1, shift=50)])
    precision, recall = precision_and_recall(real, drawn(300, seed=2))
    assert precision.value > 0.85
    assert recall.value == pytest.approx(0.5, abs=0.07)
    assert recall.low < 0.5 < recall.high


def test_density_is_about_one_for_fresh_draws_and_coverage_by_its_formula():
    density, coverage = density_and_coverage(drawn(500), drawn(500, seed=1), 5)
    assert density.value == pytest.approx(1, abs=0.12)
    assert coverage.value == pytest.approx(1 - 0.5**5, abs=0.04)  # Naeem et al. 2020, eq. 9, equal numbers


def test_fresh_draws_copy_nothing_and_copies_are_found():
    train, held_out, fresh = drawn(400), drawn(400, seed=1), drawn(400, seed=2)
    clean = memorisation(train, held_out, fresh)
    assert clean.share.value < 0.04
    assert clean.nearer == pytest.approx(0.5, abs=0.07)
    half = np.concatenate([fresh[:200], train[100:300]])
    found = memorisation(train, held_out, half)
    assert found.share.value == pytest.approx(0.5 + clean.share.value / 2, abs=0.02)
    assert found.share.low < 0.51 < found.share.high
    assert found.nearer == pytest.approx(0.75, abs=0.06)
    assert found.nearest[200:].tolist() == list(range(100, 300))


def test_nearer_is_the_statistic_of_mann_and_whitney():
    train, held_out, generated = drawn(50), drawn(40, seed=1), drawn(30, seed=2, scale=0.8)
    found = memorisation(train, held_out, generated)
    wins = (found.distances[:, None] < found.held_out).mean()
    assert found.nearer == pytest.approx(wins)


def test_all_figures_have_names_and_intervals():
    metrics = image_metrics(drawn(60), drawn(60, seed=1), drawn(60, seed=2), n_resamples=5)
    for name in ("frechet_distance", "precision", "recall", "density", "coverage", "memorised"):
        assert metrics[f"{name}_low"] <= metrics[name] <= metrics[f"{name}_high"]
    assert metrics["nearest_training_distance"] > 0
    assert {"frechet_limit", "nearer_than_held_out", "nearest_training_distance_held_out"} <= metrics.keys()
