"""What a budget of compute, money, days or loss comes to in training FLOP, under a law and its draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.errors import RequestError
from armillary.fitting.uncertainty import Interval
from armillary.scaling.planning.plan import Budget, Quantity, Spending
from armillary.scaling.planning.spending import (
    N_DRAWS,
    Devices,
    compute_for_hours,
    factor_draws,
    hours_of,
    hours_per_flop,
    relative,
    spending,
)
from armillary.scaling.planning.surface import LossSurface
from armillary.scaling.systems.training import TrainingEstimate

ENDLESS = 1e40  # FLOP that stand for all the compute there could be


@dataclass(frozen=True, kw_only=True, eq=False)
class Funds:
    """Training FLOP, by the law and by each of its draws."""

    surface: LossSurface
    budget: Budget
    devices: Devices | None
    point: float
    draws: NDArray[Any] | None  # (draws, 1); None: known exactly, or the law has none
    quantity: Quantity

    @classmethod
    def of(cls, surface: LossSurface, budget: Budget, devices: Devices | None) -> Funds:
        """Return what ``budget`` comes to.

        RequestError when it cannot be met: a loss that no compute reaches, money without a price, days
        without a number of devices.
        """
        if not (np.isfinite(budget.amount) and budget.amount > 0):
            raise RequestError(f"a budget of {budget.amount:g} ({budget.kind}); it has to be above zero")
        if budget.kind == "flops":
            exact = Interval(low=budget.amount, high=budget.amount, level=surface.level)
            told = Quantity(value=budget.amount, median=budget.amount, interval=exact)
            return cls(
                surface=surface,
                budget=budget,
                devices=devices,
                point=budget.amount,
                draws=None,
                quantity=told,
            )
        make = _of_loss if budget.kind == "loss" else _of_hours
        return make(surface, budget, devices)

    @property
    def n_devices(self) -> int | None:
        """Devices that the budget settles; None: as many as finish in time."""
        if self.devices is None or self.budget.kind in ("flops", "loss"):
            return None if self.devices is None else self.devices.n_devices
        return self.devices.for_hours(self.devices.hours(self.budget))

    def split(self) -> tuple[Quantity, Quantity]:
        """Return the best (N, D) that the funds buy."""
        draws, surface = self._drawn_split(), self.surface
        point = surface.split(surface.law, self.point)
        n_params, n_tokens = (None, None) if draws is None else draws
        return surface.quantity(point[0], n_params), surface.quantity(point[1], n_tokens)

    def spending(self, training: TrainingEstimate) -> Spending:
        """Return what the plan takes on its devices.

        A goal in loss carries the law's uncertainty into money; money and days are spent as given; and
        for given compute the step time alone is uncertain.
        """
        assert self.devices is not None  # training is on some
        hours = hours_per_flop(training) * self.point
        if self.budget.kind in ("usd", "days"):
            drawn = np.full(1, hours)
        elif self.draws is None:
            drawn = hours * factor_draws(relative(training.device_hours), N_DRAWS)
        else:
            split = self._drawn_split()
            assert split is not None
            drawn = hours_of(self.devices, training, self.draws, split[0])
        return spending(training, hours, drawn, self.surface.level)

    def _drawn_split(self) -> tuple[NDArray[Any], NDArray[Any]] | None:
        laws = self.surface.draws
        if laws is None:
            return None
        return self.surface.split(laws, self.point if self.draws is None else self.draws)


def _of_loss(surface: LossSurface, budget: Budget, devices: Devices | None) -> Funds:
    point = surface.compute_for(surface.law, budget.amount)
    if np.isinf(point).any():
        floor = float(surface.best_loss(surface.law, ENDLESS).reshape(-1)[0])
        raise RequestError(
            f"no compute reaches a loss of {budget.amount:g} under {surface.facts.name}, which ends at "
            f"{floor:.4g}; ask for a loss above that"
        )
    draws = None if surface.draws is None else surface.compute_for(surface.draws, budget.amount)
    told = surface.quantity(point, draws)
    return Funds(
        surface=surface, budget=budget, devices=devices, point=told.value, draws=draws, quantity=told
    )


def _of_hours(surface: LossSurface, budget: Budget, devices: Devices | None) -> Funds:
    if devices is None:
        raise RequestError(f"a budget in {budget.kind} buys time of which device? give --on H100, say")

    def split(train_flops: float) -> tuple[float, float]:
        n_params, n_tokens = surface.split(surface.law, train_flops)
        return float(n_params.reshape(-1)[0]), float(n_tokens.reshape(-1)[0])

    point, spread = compute_for_hours(devices, devices.hours(budget), split)
    n_draws = surface.facts.n_draws or N_DRAWS
    draws = (point / factor_draws(spread, n_draws))[:, None]
    return Funds(
        surface=surface,
        budget=budget,
        devices=devices,
        point=point,
        draws=draws,
        quantity=surface.quantity(point, draws),
    )
