"""Models of equal loss: smaller ones need more tokens, and pay for them when they are used.

Sardana et al. 2024 (Beyond Chinchilla-Optimal, arXiv:2401.00448) minimise 6 N D + 2 N D_inf over models
of one loss.  Under every draw of the law the loss held fixed is that of the plan's model under that draw,
so that intervals say how sure the trade is and not how sure the loss is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.fitting.law import Curve
from armillary.scaling.compute import golden_section
from armillary.scaling.planning.plan import IsoLossPoint, LifetimeOptimum
from armillary.scaling.planning.surface import LossOf, LossSurface, solve_rising

INFERENCE = 1 / 3  # FLOP of a forward pass over those of a training token: 2 N of 6 N
SIZE_RATIOS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1.0, 1.5, 2.0)
TOO_MANY = 100.0  # times the plan's tokens: a size that needs more is left out, as the law says little there
UNREACHED = 0.04  # share of draws that may need more: the interval takes its end from the others
FARTHEST = np.log(1e4)  # the lifetime optimum is looked for this far below the plan's size


@dataclass(frozen=True, kw_only=True, eq=False)
class Reference:
    """The model whose loss is held fixed, on a surface."""

    surface: LossSurface
    n_params: float
    n_tokens: float

    def tokens_at(self, law: Curve, n_params: Any) -> NDArray[Any]:
        """Return the tokens that give models of ``n_params`` the reference's loss; infinite: none do."""
        loss_of = self.surface.loss_of(law)
        found = tokens_for(loss_of, n_params, loss_of(self.n_params, self.n_tokens), self.n_tokens)
        return np.where(np.asarray(n_params) == self.n_params, self.n_tokens, found)  # itself: no rounding

    def lifetime_flops(self, n_params: Any, n_tokens: Any, inference_tokens: float) -> NDArray[Any]:
        """Return the FLOP of training on ``n_tokens`` and then reading or writing ``inference_tokens``."""
        return np.asarray(self.surface.cost.at(n_params) * (n_tokens + INFERENCE * inference_tokens))

    @property
    def train_flops(self) -> float:
        return float(self.surface.cost.at(self.n_params) * self.n_tokens)


def tokens_for(loss_of: LossOf, n_params: Any, loss: Any, near: float) -> NDArray[Any]:
    """Return the tokens at which models of ``n_params`` have ``loss``; infinite where they never do."""
    n_params, loss = np.asarray(n_params, dtype=np.float64), np.asarray(loss)
    start = np.full(np.broadcast_shapes(n_params.shape, loss.shape), np.log(near))
    return np.asarray(np.exp(solve_rising(lambda x: loss - np.asarray(loss_of(n_params, np.exp(x))), start)))


def iso_loss_front(
    reference: Reference, inference_tokens: float, ratios: Sequence[float] = SIZE_RATIOS
) -> tuple[IsoLossPoint, ...]:
    """Return models of ``ratios`` times the reference's size with its loss, in order of size.

    Sizes that need over 100 times the tokens for it (or never reach it), under the law or under more than
    4% of its draws, are left out.
    """
    points = (_point(reference, ratio, inference_tokens) for ratio in sorted(ratios))
    return tuple(point for point in points if point is not None)


def _point(reference: Reference, ratio: float, inference_tokens: float) -> IsoLossPoint | None:
    surface, n_params = reference.surface, ratio * reference.n_params
    rate, base = float(surface.cost.at(n_params)), float(surface.cost.at(reference.n_params))
    token_saving = INFERENCE * (base - rate)  # FLOP of each token of inference
    n_tokens = reference.tokens_at(surface.law, n_params)
    drawn = None if surface.draws is None else reference.tokens_at(surface.draws, n_params)
    most = TOO_MANY * reference.n_tokens
    if (n_tokens > most).any() or (drawn is not None and (drawn > most).mean() > UNREACHED):
        return None

    def told(point: Any, draws: Any) -> Any:
        return surface.quantity(point, draws)

    def each(function: Any) -> Any:
        return told(function(n_tokens), None if drawn is None else function(drawn))

    return IsoLossPoint(
        size_ratio=ratio,
        n_params=n_params,
        n_tokens=each(lambda d: d),
        train_flops=each(lambda d: rate * d),
        extra_flops=each(lambda d: rate * d - reference.train_flops),
        saved_flops=token_saving * inference_tokens,
        lifetime_flops=each(lambda d: reference.lifetime_flops(n_params, d, inference_tokens)),
        break_even_tokens=each(lambda d: (rate * d - reference.train_flops) / token_saving)
        if ratio < 1
        else None,
    )


def lifetime_optimum(reference: Reference, inference_tokens: float) -> LifetimeOptimum:
    """Return the model of the reference's loss with the least compute over training and inference.

    Golden-section search over ln N, the tokens solved for at every step (Sardana et al. 2024, equation 3).
    """
    surface = reference.surface
    before = float(reference.lifetime_flops(reference.n_params, reference.n_tokens, inference_tokens))

    def answers(law: Curve) -> tuple[NDArray[Any], ...]:
        n_params, n_tokens = _cheapest(reference, law, inference_tokens)
        after = reference.lifetime_flops(n_params, n_tokens, inference_tokens)
        train = surface.cost.at(n_params) * n_tokens
        return n_params, n_tokens, train, after, before - after, 1 - after / before

    n_params, n_tokens, train, lifetime, saved, share = surface.ask_all(answers)
    return LifetimeOptimum(
        inference_tokens=inference_tokens,
        n_params=n_params,
        n_tokens=n_tokens,
        train_flops=train,
        lifetime_flops=lifetime,
        saved_flops=saved,
        saved_share=share,
    )


def _cheapest(reference: Reference, law: Curve, inference_tokens: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return (N, D) of the cheapest lifetime under ``law``: of shape (1,) or (draws, 1)."""

    def cost(log_size: NDArray[Any]) -> NDArray[Any]:
        size = np.exp(log_size)
        return reference.lifetime_flops(size, reference.tokens_at(law, size), inference_tokens)

    # Under a draw the plan's split is not the best, so the cheapest model may also be larger than it.
    shape = np.shape(reference.tokens_at(law, np.array([reference.n_params])))
    low = np.full(shape, np.log(reference.n_params) - FARTHEST)
    n_params = np.exp(golden_section(cost, low, low + 1.25 * FARTHEST))
    return n_params, reference.tokens_at(law, n_params)
