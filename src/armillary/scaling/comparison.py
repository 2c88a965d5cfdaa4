"""Families against each other: which wins at which compute, with what probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float

from armillary.core.errors import FitError
from armillary.fitting.uncertainty import Estimate, interval_of
from armillary.scaling.family import FamilyFit

BEYOND = 1000.0  # times the largest compute that was trained
PER_DECADE = 8  # amounts of compute that are compared, per factor of ten
RARE = 0.05  # crossovers less probable than this are not listed


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The families at one amount of compute, each at its own best split into size and data."""

    train_flops: float
    losses: Mapping[str, Estimate]  # expected loss by family, nats per unit
    win_probability: Mapping[str, float]  # that the family's expected loss is the lowest
    winner: str


@dataclass(frozen=True, kw_only=True)
class Crossover:
    """Where one family overtakes another."""

    before: str  # lower loss at less compute
    after: str  # lower loss at more compute
    probability: float  # share of paired bootstraps in which ``after`` overtakes inside the range
    train_flops: Estimate  # among those
    measured: bool  # whether the estimate lies inside the compute that was trained


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All families along compute, from the smallest trained to 1000 times the largest."""

    standings: tuple[Standing, ...]  # in order of compute
    crossovers: tuple[Crossover, ...]  # the most probable first
    train_flops: float  # where the winner is named: the largest compute that was trained
    winner: str
    win_probability: float  # that its expected loss is the lowest there


def compare(fits: Sequence[FamilyFit], trained: float | None = None) -> Comparison:
    """Compare fitted families.  FitError when there are fewer than two.

    ``trained`` is the largest compute that was trained, models held out included (the largest fitted one
    when None): there the winner is named.

    Draw i of one family is held against draw i of the other.  Losses are expected ones: which family is
    better, not which of two single runs.
    """
    if len(fits) < 2:
        raise FitError("a comparison needs two families with a fitted law; train a ladder of another one")
    smallest = min(row.train_flops for fit in fits for row in fit.observations)
    largest = max(fit.largest_compute for fit in fits)
    n_points = 1 + round(PER_DECADE * np.log10(BEYOND * largest / smallest))
    decisive = trained or largest
    grid = np.unique(np.append(np.geomspace(smallest, BEYOND * largest, n_points), (largest, decisive)))
    draws = _paired_losses(fits, grid)
    central = np.stack([_best_losses(fit, grid) for fit in fits])
    names = [fit.family for fit in fits]
    wins = np.stack([(draws.argmin(0) == i).mean(0) for i in range(len(fits))])
    standings = tuple(
        _standing(names, grid[j], central[:, j], draws[:, :, j], wins[:, j]) for j in range(len(grid))
    )
    there = standings[int(np.searchsorted(grid, decisive))]
    return Comparison(
        standings=standings,
        crossovers=_crossovers(names, grid, draws, largest),
        train_flops=decisive,
        winner=there.winner,
        win_probability=there.win_probability[there.winner],
    )


def _best_losses(fit: FamilyFit, grid: Float[np.ndarray, " computes"]) -> Float[np.ndarray, " computes"]:
    n_params, n_tokens = fit.split(grid)
    inputs = {"n_params": n_params, "n_tokens": n_tokens, "train_flops": grid}
    return fit.expected(inputs)


def _paired_losses(
    fits: Sequence[FamilyFit], grid: Float[np.ndarray, " computes"]
) -> Float[np.ndarray, "families draws computes"]:
    """Return the expected loss of every draw at its own best split."""
    n_draws = min(len(fit.draws.noise) for fit in fits)
    losses = []
    for fit in fits:
        draws = fit.draws.take(n_draws)
        n_params, n_tokens = fit.split(grid, draws.laws())
        losses.append(draws.expected({"n_params": n_params, "n_tokens": n_tokens, "train_flops": grid}))
    return np.stack(losses)


def _standing(
    names: Sequence[str],
    train_flops: float,
    central: Float[np.ndarray, " families"],
    draws: Float[np.ndarray, "families draws"],
    wins: Float[np.ndarray, " families"],
) -> Standing:
    return Standing(
        train_flops=float(train_flops),
        losses={
            name: Estimate(value=float(value), interval=interval_of(row))
            for name, value, row in zip(names, central, draws, strict=True)
        },
        win_probability={name: float(share) for name, share in zip(names, wins, strict=True)},
        winner=names[int(np.argmax(wins))],
    )


def _crossovers(
    names: Sequence[str],
    grid: Float[np.ndarray, " computes"],
    draws: Float[np.ndarray, "families draws computes"],
    largest: float,
) -> tuple[Crossover, ...]:
    found = []
    for i, j in combinations(range(len(names)), 2):
        gap = np.log(draws[i] / draws[j])  # below zero: i is ahead
        found += [
            _crossover(names[i], names[j], grid, gap, largest),
            _crossover(names[j], names[i], grid, -gap, largest),
        ]
    likely = [crossover for crossover in found if crossover is not None]
    return tuple(sorted(likely, key=lambda crossover: -crossover.probability))


def _crossover(
    before: str,
    after: str,
    grid: Float[np.ndarray, " computes"],
    gap: Float[np.ndarray, "draws computes"],
    largest: float,
) -> Crossover | None:
    """Return where ``gap`` turns from below to above zero, if it does in more than a few draws."""
    turns: Bool[np.ndarray, "draws steps"] = (gap[:, :-1] < 0) & (gap[:, 1:] >= 0)
    crossing = turns.any(1)
    probability = float(crossing.mean())
    if probability < RARE:
        return None
    rows, steps = np.flatnonzero(crossing), turns[crossing].argmax(1)
    left, right = gap[rows, steps], gap[rows, steps + 1]
    share = left / (left - right)  # of the step in ln C, by linear interpolation
    compute = np.exp(np.log(grid[steps]) + share * np.log(grid[steps + 1] / grid[steps]))
    middle = float(np.median(compute))
    return Crossover(
        before=before,
        after=after,
        probability=probability,
        train_flops=Estimate(value=middle, interval=interval_of(compute)),
        measured=middle <= largest,
    )
