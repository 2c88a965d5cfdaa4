"""Checks that an explanation has to pass beside being faithful."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import rankdata
from torch import Tensor, nn

from armillary.explanation.methods import Method
from armillary.explanation.question import Question
from armillary.runs.explained import Checks

N_NOISY = 4  # inputs with a little noise
NOISE = 0.05  # its standard deviation, as a share of the input's distance from nothing
N_FRESH = 3  # models with fresh weights

Attributions = Float[Tensor, "answers features"]
Fresh = Callable[[int], nn.Module]  # the same model with weights drawn by a seed


def checked(method: Method, question: Question, found: Attributions, fresh: Fresh) -> Checks:
    """Return the checks of ``found``, what ``method`` says of ``question``.

    Completeness (Sundararajan et al. 2017): attributions add up to what all features are worth.  Stability
    under a little noise.  Randomised weights (Adebayo et al. 2018): what looks the same for a model that
    learnt nothing shows the input, not the model.
    """
    noisy = [method.attributions(other) for other in _noisy(question, method.seed)]
    ignorant = [method.attributions(question.of(fresh(seed))) for seed in range(N_FRESH)]
    return Checks(
        completeness_gap=_gap(question, found) if method.complete else None,
        stability=float(np.mean([alike(found, other) for other in noisy])),
        with_random_weights=float(np.mean([alike(found, other) for other in ignorant])),
    )


def alike(one: Attributions, other: Attributions) -> float:
    """Return Spearman's rank correlation of two explanations, the mean over answers; 0 where one is flat."""
    return float(np.mean([_spearman(a, b) for a, b in zip(one.numpy(), other.numpy(), strict=True)]))


def _spearman(one: Float[np.ndarray, " features"], other: Float[np.ndarray, " features"]) -> float:
    ranks = [rankdata(values) - (len(values) + 1) / 2 for values in (one, other)]
    sizes = [float(np.sqrt(each @ each)) for each in ranks]
    return float(ranks[0] @ ranks[1]) / (sizes[0] * sizes[1]) if all(sizes) else 0.0


def _gap(question: Question, found: Attributions) -> float:
    """Return by how much attributions miss what all features are worth, as a share of it."""
    n = question.n_features
    ends = question.with_features(torch.tensor([[False] * n, [True] * n])).double()
    worth = ends[1] - ends[0]
    missed = (found.double().sum(1) - worth).abs().sum()
    return float(missed / worth.abs().sum().clamp(min=1e-9))


def _noisy(question: Question, seed: int) -> list[Question]:
    """Return the question about inputs with a little noise, where they are something."""
    dice = torch.Generator().manual_seed(seed)
    away = question.inputs - question.absent
    size = NOISE * float(away.square().mean().sqrt())
    noises = [torch.randn(away.shape, generator=dice) * size for _ in range(N_NOISY)]
    return [question.moved(question.inputs + noise * (question.owners >= 0)) for noise in noises]
