"""Which run to add, to narrow a decision most: Bayesian optimal design over the draws of a law.

The decision is a number g that every draw of the law answers for itself: ln N of the best model at some
compute, or by how much one family beats another there.  A run at x would measure y = ln L(x) with noise s.
Where g and y are jointly normal over draws, seeing y leaves var(g) - cov(g, y)^2 / (var(y) + s^2) of g's
variance whatever y turns out to be, so the best run is the one that removes most (Lindley 1956, On a
Measure of the Information Provided by an Experiment; Chaloner & Verdinelli 1995, Bayesian Experimental
Design: A Review, section 2, where a single number to be known makes it c-optimality).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from armillary.core.errors import RequestError
from armillary.core.units import format_flop
from armillary.fitting.law import Curve
from armillary.scaling.planning.plan import Candidate, NextRun
from armillary.scaling.planning.spending import Devices
from armillary.scaling.planning.surface import LossSurface

COSTS = (1 / 27, 1 / 9, 1 / 3, 1.0)  # of what the run may cost
SIZES = tuple(np.geomspace(1 / 10, 10, 15))  # over the best size at that cost
BEYOND = 2.0  # times the tokens per parameter of runs that were fitted, and its inverse
SHOWN = 12  # candidates that are kept
METHOD = (
    "linear-Gaussian update over the law's draws (Lindley 1956; Chaloner & Verdinelli 1995): the expected "
    "share of the decision's variance that one run, with the noise of the fitted ones, removes"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Decision:
    """What the draws of some families say about a question, one answer a draw."""

    what: str
    surfaces: tuple[LossSurface, ...]
    answers: tuple[Float[np.ndarray, " draws"], ...]  # each family's part; the decision is their sum
    between: bool  # whether its sign is what is decided, and not its value

    @property
    def variance(self) -> float:
        return float(sum(part.var() for part in self.answers))

    @property
    def error_probability(self) -> float | None:
        """The probability of naming the wrong family now; None when there is one."""
        return self.error_after(0.0) if self.between else None

    def error_after(self, share: float) -> float:
        """Return the expected probability of the wrong sign once ``share`` of the variance is removed.

        The mean moves by a normal of the variance removed; Gauss-Hermite quadrature over it.
        """
        mean, variance = sum(part.mean() for part in self.answers), self.variance
        nodes, weights = np.polynomial.hermite_e.hermegauss(64)
        means = mean + np.sqrt(share * variance) * nodes
        wrong = ndtr(-np.abs(means) / np.sqrt(max((1 - share) * variance, 1e-300)))
        return float(weights @ wrong / weights.sum())


def best_size_decision(surface: LossSurface, target_flops: float) -> Decision:
    """Return the decision of the best model's size at ``target_flops``.  RequestError without draws."""
    sizes = surface.split(_draws(surface), target_flops)[0].reshape(-1)
    what = f"ln N of the best model at {format_flop(target_flops)} FLOP"
    return Decision(what=what, surfaces=(surface,), answers=(np.log(sizes),), between=False)


def winner_decision(first: LossSurface, second: LossSurface, target_flops: float) -> Decision:
    """Return the decision which of two families has the lower loss at ``target_flops``."""
    ahead, behind = (
        np.log(surface.best_loss(_draws(surface), target_flops)).reshape(-1) for surface in (first, second)
    )
    names = f"{first.facts.family} against {second.facts.family}"
    what = f"ln of the loss of {names} at {format_flop(target_flops)} FLOP"
    return Decision(what=what, surfaces=(first, second), answers=(ahead, -behind), between=True)


def advise_run(
    decision: Decision, target_flops: float, largest_cost: float, devices: Devices | None = None
) -> NextRun:
    """Return which run of at most ``largest_cost`` FLOP narrows ``decision`` most.

    Candidates are runs of the decision's families over a grid of costs and sizes, as far as their tokens
    per parameter are like those of runs that the law was fitted to, or of the best split: beyond, where a
    linear design would gladly go, the law itself is a guess.
    """
    variance = decision.variance
    found = [
        _candidate(decision, part, cost * largest_cost, ratio)
        for part, cost, ratio in product(range(len(decision.surfaces)), COSTS, SIZES)
    ]
    usual = {surface.facts.family: _usual_ratios(surface, largest_cost) for surface in decision.surfaces}
    found = [each for each in found if _within(each.n_tokens / each.n_params, usual[each.family])]
    ranked = sorted(found, key=lambda candidate: -candidate.variance_removed)
    per_cost = max(found, key=lambda candidate: candidate.variance_removed_per_flop)
    return NextRun(
        decision=decision.what,
        target_flops=target_flops,
        largest_cost=largest_cost,
        spread=float(np.sqrt(variance)),
        error_probability=decision.error_probability,
        best=_priced(ranked[0], devices),
        per_cost=_priced(per_cost, devices),
        candidates=tuple(ranked[:SHOWN]),
        method=METHOD,
    )


def variance_removed(decision: Decision, part: int, n_params: float, n_tokens: float) -> float:
    """Return the expected share of the decision's variance that one run of a family removes.

    Families err independently, so a run of one says nothing of the others' parts.
    """
    surface, answer = decision.surfaces[part], decision.answers[part]
    loss = surface.loss_of(_draws(surface))(np.array([n_params]), np.array([n_tokens]))
    seen = np.log(np.asarray(loss)).reshape(-1)
    covariance = float(np.mean((seen - seen.mean()) * (answer - answer.mean())))
    return covariance**2 / (float(seen.var()) + surface.noise**2) / decision.variance


def _usual_ratios(surface: LossSurface, largest_cost: float) -> tuple[float, float]:
    """Return the lowest and the highest tokens per parameter of a run that may be advised."""
    fitted = [row.n_tokens / row.n_params for row in surface.fit.observations] if surface.fit else []
    for cost in COSTS:
        n_params, n_tokens = surface.split(surface.law, cost * largest_cost)
        fitted.append(float((n_tokens / n_params).reshape(-1)[0]))
    return min(fitted) / BEYOND, max(fitted) * BEYOND


def _within(ratio: float, bounds: tuple[float, float]) -> bool:
    return bool(bounds[0] <= ratio <= bounds[1])


def _candidate(decision: Decision, part: int, train_flops: float, ratio: float) -> Candidate:
    surface = decision.surfaces[part]
    n_params = ratio * float(surface.split(surface.law, train_flops)[0].reshape(-1)[0])
    n_tokens = float(surface.cost.tokens(train_flops, n_params))
    removed = variance_removed(decision, part, n_params, n_tokens)
    return Candidate(
        family=surface.facts.family,
        n_params=n_params,
        n_tokens=n_tokens,
        train_flops=train_flops,
        usd=None,
        variance_removed=removed,
        error_probability=decision.error_after(removed) if decision.between else None,
        variance_removed_per_flop=removed / train_flops,
    )


def _priced(candidate: Candidate, devices: Devices | None) -> Candidate:
    if devices is None:
        return candidate
    try:
        money = devices.train(candidate.n_params, candidate.n_tokens).usd
    except RequestError:  # so small a model has no layout to be priced by
        return candidate
    return replace(candidate, usd=None if money is None else money.value)


def _draws(surface: LossSurface) -> Curve:
    if surface.draws is None:
        raise RequestError(
            f"the published law {surface.facts.name} has no draws, so no run can be said to narrow it; "
            "give a fit: armillary fit RUNS --out fit.json"
        )
    return surface.draws


def leading_pair(surfaces: Sequence[LossSurface], target_flops: float) -> tuple[LossSurface, LossSurface]:
    """Return the two families of the lowest loss at ``target_flops``."""
    ranked = sorted(surfaces, key=lambda each: float(each.best_loss(each.law, target_flops).reshape(-1)[0]))
    return ranked[0], ranked[1]
