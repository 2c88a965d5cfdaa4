"""Intervals of whole fits, law uncertainty included, on simulated ladders: they hold what they say."""

import numpy as np
import pytest
from simulated import grid, noisy

from armillary.scaling.extrapolation import extrapolate
from armillary.scaling.family import fit_family
from armillary.scaling.laws import Chinchilla, Kaplan
from armillary.scaling.observations import Observation

BRANCH, TRUNK = 0.002, 0.003


def chinchilla(rng):
    """Return a law as ladders of small models have them, with an irreducible loss."""
    alpha, beta = np.exp(rng.uniform(np.log(0.22), np.log(0.6), 2)).tolist()
    size, data = rng.uniform(0.3, 1.2, 2).tolist()
    return Chinchilla(float(rng.uniform(0.8, 2.2)), size * 1e5**alpha, data * 1e6**beta, alpha, beta)


def kaplan(rng):
    """Return one without."""
    alpha, beta = np.exp(rng.uniform(np.log(0.06), np.log(0.25), 2)).tolist()
    whole, share = float(rng.uniform(2.5, 4.5)) ** (1 / beta), float(rng.uniform(0.2, 0.8))
    return Kaplan((share * whole) ** (beta / alpha) * 1e5, (1 - share) * whole * 1e6, alpha, beta)


def predicted(law, shape, rng):
    """Return (what a ladder says of a run of five times its compute, what that run measures)."""
    n, d = grid(*shape)
    rows = [
        Observation(n_params=a, n_tokens=b, train_flops=6 * a * b, loss=loss, lineage=f"{a:.0f}")
        for a, b, loss in zip(
            *(x.tolist() for x in (n, d, noisy(law, n, d, rng, BRANCH, TRUNK))), strict=True
        )
    ]
    larger = {"n_params": 2.5 * float(n.max()), "n_tokens": 2 * float(d.max())}
    measured = float(law(*larger.values()) * np.exp(np.hypot(BRANCH, TRUNK) * rng.standard_normal()))
    return extrapolate(fit_family(rows, n_draws=200), **larger), measured


def covered(worlds, shape, n_worlds, seed):
    """Return the shares of runs inside (the 90% interval, the conformal one where there is one)."""
    rng = np.random.default_rng(seed)
    whole, conformal = [], []
    for i in range(n_worlds):
        found, measured = predicted(worlds[i % len(worlds)](rng), shape, rng)
        whole.append(measured in found.interval_90)
        if found.conformal_90 is not None:
            conformal.append(measured in found.conformal_90)
    return np.mean(whole), np.mean(conformal) if conformal else None


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(4, 2), (5, 3)])
def test_nominal_90_percent_intervals_of_blends_cover_85_to_95(shape):
    whole, _ = covered((chinchilla, kaplan), shape, 200, seed=11)
    assert 0.85 <= whole <= 0.95


@pytest.mark.slow
def test_nominal_90_percent_conformal_intervals_cover_85_to_95():
    _, conformal = covered((chinchilla, kaplan), (5, 3), 200, seed=13)
    assert 0.85 <= conformal <= 0.95
