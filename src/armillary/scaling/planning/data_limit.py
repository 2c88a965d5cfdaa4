"""What a ceiling of unique data does to a plan: how often to repeat it, and what that costs.

Repeated tokens are worth less and less, and so are parameters beyond what the unique data can use
(Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv:2305.16264).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.fitting.law import Curve
from armillary.scaling.compute import optimal_split
from armillary.scaling.planning.plan import DataLimit
from armillary.scaling.planning.surface import R_SOURCE, LossOf, LossSurface


def data_limit(surface: LossSurface, train_flops: float, unique_tokens: float) -> DataLimit:
    """Return the best (N, D, epochs) for ``train_flops`` where only ``unique_tokens`` tokens differ."""

    def answers(law: Curve) -> tuple[NDArray[Any], ...]:
        loss_of = surface.loss_of_repeated(law, unique_tokens)
        n_params, n_tokens = _best(surface, law, loss_of, train_flops)
        loss = np.asarray(loss_of(n_params, n_tokens))
        free = surface.best_loss(law, train_flops)
        increase = np.maximum(loss - free, 0.0)  # where the ceiling does not bind: rounding
        equal = np.minimum(surface.compute_for(law, free + increase), train_flops)
        epochs = np.maximum(n_tokens / unique_tokens, 1.0)
        return (
            n_params,
            n_tokens,
            epochs,
            loss,
            increase,
            equal,
            _one_epoch(surface, law, loss_of, train_flops, unique_tokens),
        )

    n_params, n_tokens, epochs, loss, increase, equal, one_epoch = surface.ask_all(answers)
    return DataLimit(
        n_unique_tokens=unique_tokens,
        binding=float(surface.split(surface.law, train_flops)[1].reshape(-1)[0]) > unique_tokens,
        n_params=n_params,
        n_tokens=n_tokens,
        epochs=epochs,
        loss=loss,
        loss_increase=increase,
        equivalent_flops=equal,
        one_epoch_loss=one_epoch,
        source="the fitted law itself" if "n_unique_tokens" in surface.law.inputs else R_SOURCE,
    )


def _best(
    surface: LossSurface, law: Curve, loss_of: LossOf, train_flops: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return (N, D) of the lowest loss with repeats, looked for about the split without a ceiling.

    There is one minimum along a line of equal compute: ln N' and ln D' are concave in ln N and ln D, so
    every term of the law is convex in them.
    """
    start = float(np.median(surface.split(law, train_flops)[0]))
    return optimal_split(loss_of, surface.cost, np.array([train_flops]), start)


def _one_epoch(
    surface: LossSurface, law: Curve, loss_of: LossOf, train_flops: float, unique: float
) -> NDArray[Any]:
    """Return the loss where nothing is repeated: data that runs out leaves compute to a larger model.

    Parameters beyond the best for that data count less and less, but never nothing.
    """
    n_params, n_tokens = surface.split(law, train_flops)
    largest = (train_flops / unique - surface.cost.offset) / surface.cost.slope  # that sees all the data
    size = np.where(n_tokens > unique, largest, n_params)
    return np.asarray(loss_of(size, np.minimum(n_tokens, unique)))
