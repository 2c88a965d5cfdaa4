"""What a larger model would cost: tokens, FLOP, time, energy and money, with the law's uncertainty in them."""

from __future__ import annotations

from dataclasses import dataclass

from armillary.fitting.uncertainty import Estimate


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
    fits_memory: bool | None  # weights, gradients and optimizer on one device; None: memory not known


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A model of ``scale`` times the size of the largest that was trained."""

    scale: float
    family: str
    n_params: float
    n_tokens: Estimate
    train_flops: Estimate
    loss: Estimate  # predictive, nats per unit
    supported: bool  # whether the back-test carries the loss this far out
    epochs: Estimate | None  # n_tokens over what the source has; None: the source's size is not known
    machines: tuple[MachineCost, ...]
