"""Where a search for the optimum starts: evenly over the shapes a law can take, then the best of them."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from armillary.fitting.objective import Objective
from armillary.fitting.solver import Problem, objective_values

N_STARTS = 1024  # drawn and screened
REFINED = 16  # one in so many, the best, is followed to its minimum


def screened_starts(task: Problem, objective: Objective, n_starts: int) -> np.ndarray:
    """Return the best of ``n_starts`` starts by the objective, transformed, best first."""
    starts = even_starts(task, n_starts)
    values = objective_values(task, starts, objective)
    order = np.argsort(values, kind="stable")
    return starts[order[: max(1, n_starts // REFINED)]]


def even_starts(task: Problem, n_starts: int) -> np.ndarray:
    """Draw the nonlinear parameters evenly over their ranges; take the coefficients' best for each."""
    domains = task.law.domains()
    drawn = [i for i, d in enumerate(domains) if not d.linear]
    theta = np.zeros((n_starts, len(domains)))
    for i, u in zip(drawn, _evenly(n_starts, len(drawn)).T, strict=True):
        low, high = domains[i].low, domains[i].high
        if domains[i].scale == "log":
            low, high = math.log(low), math.log(high)
        theta[:, i] = low + (high - low) * u
    linear = [i for i, d in enumerate(domains) if d.linear]
    if linear:
        theta[:, linear] = np.log(_best_coefficients(task, theta, linear))
    return theta


def _evenly(n_points: int, n_dims: int) -> Float[np.ndarray, "points dims"]:
    """Return a quasi-random set in the unit cube: multiples of powers of the generalised golden ratio.

    Roberts 2018, The Unreasonable Effectiveness of Quasirandom Sequences.
    """
    ratio = 2.0
    for _ in range(64):
        ratio = (1 + ratio) ** (1 / (n_dims + 1))
    steps = ratio ** -np.arange(1, n_dims + 1)
    return (0.5 + np.arange(1, n_points + 1)[:, None] * steps) % 1.0


def _best_coefficients(task: Problem, theta: np.ndarray, linear: list[int]) -> np.ndarray:
    """Return the coefficients of least squared relative error, kept above a thousandth of the loss."""
    member = task.law.from_theta(theta)  # with every coefficient one
    slopes = member.gradient(*task.inputs)
    losses = np.exp(task.targets[0])
    terms = np.stack([np.broadcast_to(slopes[i], (len(theta), len(losses))) for i in linear], axis=1)
    scale = (terms / losses).mean(2)  # so that the terms of any unit are alike
    terms = terms / losses / scale[:, :, None]
    normal = terms @ terms.transpose(0, 2, 1) + 1e-9 * len(losses) * np.eye(len(linear))
    shares = np.linalg.solve(normal, terms.sum(2)[:, :, None])[:, :, 0]
    coefficients: np.ndarray = np.maximum(shares, 1e-3) / scale
    return coefficients
