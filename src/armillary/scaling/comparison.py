"""Families against each other: which wins at which compute, with what probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from armillary.fitting.uncertainty import Estimate


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
    train_flops: Estimate | None  # among those; None when there is none
    measured: bool  # whether the estimate lies inside the compute that was trained


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All families along compute, from the smallest trained to 1000 times the largest."""

    standings: tuple[Standing, ...]  # in order of compute
    crossovers: tuple[Crossover, ...]
    winner: str  # at the largest compute that was trained
    win_probability: float
