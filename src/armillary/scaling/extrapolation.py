"""The loss of a model larger than any that was trained, and the check of such a claim."""

from __future__ import annotations

from dataclasses import dataclass

from armillary.fitting.uncertainty import Interval


@dataclass(frozen=True, kw_only=True)
class Extrapolation:
    """What a fitted law says about one model."""

    law: str
    family: str
    n_params: float
    n_tokens: float
    train_flops: float
    loss: float  # nats per unit
    interval_50: Interval  # predictive: of the loss that one new run would measure
    interval_90: Interval
    compute_ratio: float  # train_flops over the largest that was fitted
    supported: bool  # whether the back-test carries a prediction this far out
    advice: str  # what to change when it does not; empty when it does


@dataclass(frozen=True, kw_only=True)
class HeldOutCheck:
    """A prediction against the model that was trained afterwards."""

    name: str  # of the run that was held out
    extrapolation: Extrapolation
    measured: float
    error: float  # predicted over measured loss, minus one
    inside: bool  # whether the 90% interval held it
