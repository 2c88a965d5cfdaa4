"""From compute to days, energy and money on named devices, and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from armillary.core.errors import ConfigError, RequestError
from armillary.core.hardware import Accelerator, Precision
from armillary.fitting.uncertainty import LEVEL, Estimate
from armillary.scaling.observations import FLOP_PER_PARAM_TOKEN
from armillary.scaling.planning.plan import Budget, Quantity, Spending
from armillary.scaling.planning.surface import interval_with_infinity
from armillary.scaling.systems.architecture import TransformerShape
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.estimates import NORMAL_90, scaled
from armillary.scaling.systems.training import TrainingEstimate, plan_training

LONGEST = 30 * 24.0  # hours that a run may take before devices are added, where their number is left open
MOST_DEVICES = 2**20
DAY = 24.0  # hours
UTILISATION = 0.4  # of the peak, where the search for the compute that hours buy starts
ROUNDS = 16  # of that search
NEARLY = 0.999  # of the hours: closer than this is as given
LEAST_SPENT = 0.8  # of the hours, where larger models do not fit
N_DRAWS = 2000  # of the utilisation, where the law has none
SIZES = (0.02, 0.25, 0.5, 0.75, 0.98)  # quantiles of the draws' sizes at which the rate is computed


@dataclass(frozen=True, kw_only=True)
class Devices:
    """What a plan is to be trained on."""

    accelerator: Accelerator
    n_devices: int | None = None  # None: as many as finish within 30 days, in powers of two
    precision: Precision = "bf16"

    def hours(self, budget: Budget) -> float:
        """Return the device-hours that a budget of money or days pays for.

        RequestError when it needs a price or a number of devices that is not known.
        """
        if budget.kind == "days":
            if self.n_devices is None:
                raise RequestError(
                    f"{budget.amount:g} days of how many {self.accelerator.name}? give --devices"
                )
            return budget.amount * DAY * self.n_devices
        price = self.accelerator.usd_per_hour
        if price is None:
            raise RequestError(
                f"no price of {self.accelerator.name} is known; give --flops or --days, or a price in "
                "usd_per_hour of a table of your own with --hardware"
            )
        return budget.amount / price

    def for_hours(self, device_hours: float) -> int:
        """Return how many devices do ``device_hours`` within 30 days."""
        if self.n_devices is not None:
            return self.n_devices
        return int(2 ** max(0, math.ceil(math.log2(max(device_hours, 1.0) / LONGEST))))

    def train(self, n_params: float, n_tokens: float, n_devices: int | None = None) -> TrainingEstimate:
        """Return the training of a model on ``n_devices``, or as many as fit it and finish in 30 days.

        RequestError as ``plan_training`` says when the model fits no layout of them.
        """
        count = n_devices or self.n_devices
        if count is not None:
            cluster = Cluster(accelerator=self.accelerator, n_devices=count)
            return plan_training(n_params, n_tokens, cluster, precision=self.precision)
        TransformerShape.at_size(n_params)  # what has no shape fits no number of devices
        count = 1
        while True:
            try:
                estimate = self.train(n_params, n_tokens, count)
                needed = self.for_hours(estimate.device_hours.value)
                if needed <= count:
                    return estimate
            except ConfigError:
                raise
            except RequestError:  # it does not fit
                needed = 0
                if count >= MOST_DEVICES:
                    raise
            count = max(needed, 2 * count)


def compute_for_hours(
    devices: Devices, hours: float, split: Callable[[float], tuple[float, float]]
) -> tuple[float, Estimate]:
    """Return the FLOP that device-hours buy for the model that ``split`` makes of them.

    The most compute that takes no more than these hours: a fixed-point iteration between brackets, as the
    rate depends on the model and jumps where a size divides well over the devices.  Second is how far the
    time may be off, as a factor.  RequestError when the model that would spend the hours does not fit.
    """
    count = devices.for_hours(hours)
    compute = UTILISATION * devices.accelerator.peak(devices.precision) * 3600 * hours
    low, high, best = 0.0, math.inf, None
    for _ in range(ROUNDS):
        training = _if_it_fits(devices, split(compute), count)
        enough = 0.0 if training is None else hours / hours_per_flop(training)
        if NEARLY * compute <= enough:
            low, best = compute, training
        else:
            high = compute
        if low >= NEARLY * enough > 0:
            break
        compute = enough if low < enough < high else math.sqrt(max(low, high / 1e4) * high)
    if best is None or low * hours_per_flop(best) < LEAST_SPENT * hours:
        devices.train(*split(high), count)  # mostly it says why it does not fit
        raise RequestError(
            f"{hours:.3g} hours of {count} x {devices.accelerator.name} cannot be spent well: the best model "
            "divides badly over them; give another --devices"
        )
    return low, relative(best.device_hours)


def _if_it_fits(devices: Devices, model: tuple[float, float], n_devices: int) -> TrainingEstimate | None:
    try:
        return devices.train(*model, n_devices)
    except ConfigError:  # no model at all
        raise
    except RequestError:
        return None


def factor_draws(spread: Estimate, n_draws: int, seed: int = 1) -> Float[np.ndarray, " draws"]:
    """Draw a factor about 1 whose logarithm is normal on either side, with ``spread``'s 90% interval."""
    normal = np.random.default_rng(seed).standard_normal(n_draws)
    up, down = math.log(spread.interval.high), math.log(spread.interval.low)
    drawn: np.ndarray = np.exp(np.abs(normal) / NORMAL_90 * np.where(normal > 0, up, down))
    return drawn


def hours_of(
    devices: Devices,
    training: TrainingEstimate,
    flop_draws: NDArray[Any],
    size_draws: NDArray[Any],
) -> Float[np.ndarray, " draws"]:
    """Return device-hours of every draw of a law: its compute at its own size's rate.

    Each is multiplied by a draw of how far the step time may be off.
    """
    flops, sizes = np.broadcast_arrays(flop_draws.reshape(-1), size_draws.reshape(-1))
    rates = _rates(devices, training, flops, sizes)
    return np.asarray(flops * rates * factor_draws(relative(training.device_hours), len(flops)))


def spending(
    training: TrainingEstimate, hours: float, drawn: Float[np.ndarray, " draws"], level: float = LEVEL
) -> Spending:
    """Return what ``hours`` of the training's devices are in days, energy and money, with ``drawn`` hours."""
    cluster = training.cluster

    def times(factor: float) -> Quantity:
        values = drawn * factor
        interval = interval_with_infinity(values, level)
        return Quantity(value=hours * factor, median=float(np.median(values)), interval=interval)

    energy, money, device = cluster.kwh(1.0), cluster.usd(1.0), cluster.accelerator
    return Spending(
        device=device.name,
        n_devices=training.n_devices,
        days=times(1 / (DAY * training.n_devices)),
        device_hours=times(1.0),
        kwh=None if energy is None else times(energy),
        usd=None if money is None else times(money),
        usd_per_hour=money,
        source=" ".join(filter(None, (device.price_source, device.price_date))),
    )


def relative(estimate: Estimate) -> Estimate:
    """Return an estimate as a multiple of its own value."""
    return scaled(estimate, 1 / estimate.value)


def hours_per_flop(training: TrainingEstimate) -> float:
    """Return device-hours for a FLOP of ``training``."""
    return training.device_hours.value / training.flops_6nd.value


def _rates(
    devices: Devices,
    training: TrainingEstimate,
    flop_draws: Float[np.ndarray, " draws"],
    size_draws: Float[np.ndarray, " draws"],
) -> NDArray[Any]:
    """Return device-hours per FLOP for every draw's size, interpolated between a few of them."""
    finite = np.isfinite(size_draws)
    order = np.argsort(size_draws[finite])
    sizes, flops = size_draws[finite][order], flop_draws[finite][order]
    chosen = (np.array(SIZES) * (len(sizes) - 1)).round().astype(int)
    chosen = chosen[np.unique(sizes[chosen], return_index=True)[1]]
    rates = []
    for size, flop in zip(sizes[chosen], flops[chosen], strict=True):
        try:
            found = devices.train(float(size), float(flop / size / FLOP_PER_PARAM_TOKEN), training.n_devices)
        except RequestError:  # such a model cannot be cut over these devices: told at the plan's own rate
            found = training
        rates.append(hours_per_flop(found))
    everywhere = np.where(finite, size_draws, sizes[-1])
    return np.asarray(np.exp(np.interp(np.log(everywhere), np.log(sizes[chosen]), np.log(rates))))
