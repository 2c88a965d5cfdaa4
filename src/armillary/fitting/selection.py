"""Which law extrapolates best: hold out the largest compute, predict it from the rest, and count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from armillary.fitting.uncertainty import Interval


@dataclass(frozen=True, kw_only=True)
class BackTestStep:
    """One held-out point: what the smaller ones said about it, and what it was."""

    inputs: Mapping[str, float]  # of the held-out point: n_params, n_tokens, train_flops
    n_fitted: int  # smaller points that the law was fitted to
    compute_ratio: float  # compute of this point over the largest fitted
    predicted: float
    interval: Interval  # 90%, predictive
    measured: float

    @property
    def error(self) -> float:
        """Predicted over measured loss, minus one."""
        return self.predicted / self.measured - 1


@dataclass(frozen=True, kw_only=True)
class BackTest:
    """A law's record on held-out larger compute."""

    law: str
    steps: tuple[BackTestStep, ...]
    rmsle: float  # root of the mean squared log error of the predictions
    coverage: float  # share of held-out points inside their 90% interval
    bias: float  # mean of ln(predicted / measured)
    passed: bool  # whether an extrapolation rests on it
    verdict: str  # one sentence: why it passed, or what to change
