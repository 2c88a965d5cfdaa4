"""What a plan gives up when its law is wrong, and the split that gives up least."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from armillary.fitting.law import Curve
from armillary.scaling.planning.plan import DrawRegret, Regret, RobustChoice
from armillary.scaling.planning.surface import LossSurface

SPLITS = 241  # of the budget that are weighed for a robust choice: steps of at most a few percent in N
BEYOND = 1.5  # the choice is looked for this far outside the best sizes of all laws


def regret_under(plan: tuple[float, float], other: LossSurface, name: str = "") -> Regret:
    """Return what ``plan``, an (N, D), gives up if ``other`` is the true law.

    The compute is that of the plan at the other law's cost of a token.
    """
    train_flops = float(other.cost.at(plan[0]) * plan[1])
    n_params, n_tokens = (float(x.reshape(-1)[0]) for x in other.split(other.law, train_flops))
    loss, best, wasted = (float(x.reshape(-1)[0]) for x in _losses(other, other.law, plan, train_flops))
    return Regret(
        law=name or other.facts.name,
        source=other.facts.source,
        n_params=n_params,
        n_tokens=n_tokens,
        loss=loss,
        best_loss=best,
        loss_increase=max(loss - best, 0.0),
        wasted_share=wasted,
    )


def regret_over_draws(plan: tuple[float, float], surface: LossSurface) -> DrawRegret | None:
    """Return what ``plan`` gives up over the draws of its own law; None when it has none."""
    if surface.draws is None:
        return None
    train_flops = float(surface.cost.at(plan[0]) * plan[1])
    loss, best, wasted = _losses(surface, surface.draws, plan, train_flops)
    increase = np.maximum(loss - best, 0.0)
    return DrawRegret(
        expected_loss_increase=float(increase.mean()),
        loss_increase_90=float(np.quantile(increase, 0.9)),
        expected_wasted_share=float(wasted.mean()),
        wasted_share_90=float(np.quantile(wasted, 0.9)),
    )


def robust_choices(
    plan: tuple[float, float], surface: LossSurface, others: Sequence[LossSurface]
) -> tuple[RobustChoice, ...]:
    """Return the splits of the plan's compute that are best against what is uncertain.

    Least expected regret over the law's draws, where it has them; least worst regret (Savage 1951) over
    the law and ``others``, where there are any.
    """
    found = []
    if surface.draws is not None:
        found.append(_choice("expected regret", plan, surface, [(surface, surface.draws)], ["its draws"]))
    if others:
        laws = [(each, each.law) for each in (surface, *others)]
        names = [each.facts.name for each in (surface, *others)]
        found.append(_choice("minimax regret", plan, surface, laws, names))
    return tuple(found)


def _choice(
    criterion: Any,
    plan: tuple[float, float],
    surface: LossSurface,
    laws: Sequence[tuple[LossSurface, Curve]],
    names: Sequence[str],
) -> RobustChoice:
    train_flops = float(surface.cost.at(plan[0]) * plan[1])
    sizes = _sizes(plan[0], laws, train_flops)
    tokens = surface.cost.tokens(train_flops, sizes)
    regrets = np.concatenate([_regrets(each, law, sizes, tokens, train_flops) for each, law in laws])
    score = regrets.mean(0) if criterion == "expected regret" else regrets.max(0)
    best = int(np.argmin(score))
    return RobustChoice(
        criterion=criterion,
        n_params=float(sizes[best]),
        n_tokens=float(tokens[best]),
        regret=float(score[best]),
        plan_regret=float(score[np.argmin(np.abs(np.log(sizes / plan[0])))]),
        over=tuple(names),
    )


def _sizes(
    size: float, laws: Sequence[tuple[LossSurface, Curve]], train_flops: float
) -> Float[np.ndarray, " splits"]:
    """Return sizes from below the smallest to above the largest that a law thinks best, and the plan's."""
    best = np.concatenate(
        [each.split(law, train_flops)[0].reshape(-1) for each, law in laws] + [np.array([size])]
    )
    low, high = np.quantile(best, [0.01, 0.99]) if len(best) > 100 else (best.min(), best.max())
    grid = np.geomspace(min(low, size) / BEYOND, max(high, size) * BEYOND, SPLITS)
    return np.unique(np.append(grid, size))


def _regrets(
    surface: LossSurface,
    law: Curve,
    sizes: Float[np.ndarray, " splits"],
    tokens: Float[np.ndarray, " splits"],
    train_flops: float,
) -> Float[np.ndarray, "laws splits"]:
    loss = np.atleast_2d(np.asarray(surface.loss_of(law)(sizes, tokens)))
    return np.asarray(np.maximum(loss - surface.best_loss(law, train_flops).reshape(-1, 1), 0.0))


def _losses(
    surface: LossSurface, law: Curve, plan: tuple[float, float], train_flops: float
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the plan's loss under ``law``, the lowest for its compute, the share of that it wastes."""
    loss = np.asarray(surface.loss_of(law)(np.array([plan[0]]), np.array([plan[1]])))
    best = surface.best_loss(law, train_flops)
    needed = np.minimum(surface.compute_for(law, np.maximum(loss, best)), train_flops)
    return loss, best, 1 - needed / train_flops
