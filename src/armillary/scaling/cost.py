"""What a larger model would cost: tokens, FLOP, time, energy, money, with the uncertainty of the law."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from armillary.core.hardware import Accelerator, accelerators
from armillary.fitting.uncertainty import Estimate, interval_of
from armillary.scaling.extrapolation import extrapolate
from armillary.scaling.family import FamilyFit
from armillary.scaling.systems.calibration import UTILISATION
from armillary.scaling.systems.cluster import PUE, SERVER_OVERHEAD, Cluster
from armillary.scaling.systems.estimates import scaled
from armillary.scaling.systems.memory import state_bytes

SCALES = (10.0, 100.0, 1000.0)
BYTES_PER_PARAM = sum(state_bytes("bf16"))
LONGEST = 30 * 86400.0  # seconds that a run may take before another device is added
THIS_MACHINE = "this machine"

ASSUMPTIONS = (
    f"Accelerators run at {UTILISATION:.0%} of their bf16 peak; a model of a few million parameters does "
    "not fill one, so its time there is a lower bound.",
    f"Energy is rated power times {SERVER_OVERHEAD:g} for the server and {PUE:g} for the data centre (PUE).",
    f"Devices are added, in powers of two, until a run takes at most {LONGEST / 86400:.0f} days; "
    "working together costs nothing.",
    f"Memory counts {BYTES_PER_PARAM:g} bytes a parameter (weights, gradients, Adam's moments) spread over "
    "the devices, activations not.",
)


@dataclass(frozen=True, kw_only=True)
class MachineCost:
    """Training one model on one kind of device."""

    machine: str  # a name of the hardware catalogue, or "this machine"
    n_devices: int
    flops_per_second: float  # sustained by one device: peak times utilisation, or as measured
    utilisation: float | None  # share of the peak that was assumed; None: the rate was measured
    seconds: Estimate  # with n_devices working in parallel without loss
    kwh: Estimate | None  # at the wall, with PUE; None: power of the device is not known
    usd: Estimate | None  # at the catalogue's price per hour; None: it has none
    fits_memory: bool | None  # weights, gradients and optimizer on the devices; None: memory not known


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A model of ``scale`` times the size of the largest that was trained."""

    scale: float  # times the parameters of the largest model that was fitted
    family: str
    n_params: float
    n_tokens: Estimate
    train_flops: Estimate
    loss: Estimate  # predictive, nats per unit
    supported: bool  # whether the back-test carries the loss this far out
    epochs: Estimate | None  # n_tokens over what the source has; None: the source's size is not known
    machines: tuple[MachineCost, ...]


def project_costs(
    fit: FamilyFit,
    *,
    source_tokens: float | None,
    flops_per_second: float | None,
    devices: Iterable[Accelerator] | None = None,
    scales: Iterable[float] = SCALES,
) -> tuple[Cost, ...]:
    """Return what models of ``scales`` times the largest fitted size would cost.

    Each gets the tokens per parameter that are best at the largest compute fitted (all draws of the law
    have their say, which is where the intervals come from); both growing together is what compute-optimal
    training asks for (Hoffmann et al. 2022).  ``flops_per_second`` is what this machine sustained.
    """
    devices = accelerators() if devices is None else tuple(devices)
    largest = max(row.n_params for row in fit.observations)
    ratio, ratios = _tokens_per_param(fit)
    return tuple(
        _cost(fit, scale, scale * largest, ratio, ratios, source_tokens, flops_per_second, devices)
        for scale in scales
    )


def _tokens_per_param(fit: FamilyFit) -> tuple[float, Float[np.ndarray, " draws"]]:
    """Return the best tokens per parameter at the largest compute fitted: of the law, and of its draws."""
    compute = np.array([fit.largest_compute])
    n_params, n_tokens = fit.split(compute)
    sizes, tokens = fit.split(compute, fit.draws.laws())
    return float(n_tokens[0] / n_params[0]), (tokens / sizes).reshape(-1)


def _cost(
    fit: FamilyFit,
    scale: float,
    n_params: float,
    ratio: float,
    ratios: Float[np.ndarray, " draws"],
    source_tokens: float | None,
    flops_per_second: float | None,
    devices: tuple[Accelerator, ...],
) -> Cost:
    n_tokens = Estimate(value=ratio * n_params, interval=interval_of(ratios * n_params))
    train_flops = scaled(n_tokens, float(fit.cost.at(n_params)))
    prediction = extrapolate(fit, n_params=n_params, n_tokens=n_tokens.value)
    machines = [_on_device(device, train_flops, n_params) for device in devices]
    if flops_per_second is not None:
        machines.insert(0, _on_this_machine(flops_per_second, train_flops))
    return Cost(
        scale=scale,
        family=fit.family,
        n_params=n_params,
        n_tokens=n_tokens,
        train_flops=train_flops,
        loss=Estimate(value=prediction.loss, interval=prediction.interval_90),
        supported=prediction.supported,
        epochs=scaled(n_tokens, 1 / source_tokens) if source_tokens else None,
        machines=tuple(machines),
    )


def _on_device(device: Accelerator, train_flops: Estimate, n_params: float) -> MachineCost:
    rate = UTILISATION * device.peak("bf16")
    n_devices = 1
    while train_flops.value / (rate * n_devices) > LONGEST:
        n_devices *= 2
    seconds = scaled(train_flops, 1 / (rate * n_devices))
    device_hours = scaled(seconds, n_devices / 3600)
    cluster = Cluster(accelerator=device, n_devices=n_devices)
    kwh, usd = cluster.kwh(1.0), cluster.usd(1.0)
    return MachineCost(
        machine=device.name,
        n_devices=n_devices,
        flops_per_second=rate,
        utilisation=UTILISATION,
        seconds=seconds,
        kwh=None if kwh is None else scaled(device_hours, kwh),
        usd=None if usd is None else scaled(device_hours, usd),
        fits_memory=BYTES_PER_PARAM * n_params <= n_devices * device.memory,
    )


def _on_this_machine(flops_per_second: float, train_flops: Estimate) -> MachineCost:
    return MachineCost(
        machine=THIS_MACHINE,
        n_devices=1,
        flops_per_second=flops_per_second,
        utilisation=None,
        seconds=scaled(train_flops, 1 / flops_per_second),
        kwh=None,
        usd=None,
        fits_memory=None,
    )
