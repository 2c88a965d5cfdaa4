"""Measured steps and runs against the model: by which factor it errs, and how far it scatters."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from armillary.core.errors import FitError
from armillary.core.hardware import Precision
from armillary.fitting.uncertainty import Estimate
from armillary.scaling.observations import Observation
from armillary.scaling.systems.architecture import TransformerShape
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.efficiency import DEFAULT, Efficiency
from armillary.scaling.systems.estimates import within
from armillary.scaling.systems.layout import Layout
from armillary.scaling.systems.step import step_time

Basis = Literal["model", "peak"]
USUAL_SPREAD = 0.1  # of ln(measured / model): that of 1,440 A100 configurations, rounded up
USUAL_WEIGHT = 4.0  # measurements that the usual spread counts for
UTILISATION = 0.4  # of the bf16 peak: large runs report 0.3 to 0.5 (e.g. PaLM 0.46, arXiv:2204.02311)
NEAR = 4.0  # runs down to this share of the largest tell what a device sustains; smaller ones leave it idle


@dataclass(frozen=True, kw_only=True)
class MeasuredStep:
    """One optimizer step as it was timed."""

    shape: TransformerShape
    layout: Layout
    cluster: Cluster
    seconds: float
    precision: Precision = "bf16"


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What measured times were, as a multiple of what was expected."""

    slowdown: float  # measured over expected seconds: geometric mean
    spread: float  # standard deviation of ln(measured / expected) of one more measurement
    basis: Basis  # expected by the step-time model, or at the devices' peak
    n_measured: int  # steps or runs that it comes from
    source: str  # a phrase

    def seconds(self, expected: float) -> Estimate:
        """Return what should be measured where ``expected`` seconds are."""
        return within(expected * self.slowdown, self.spread)


# Runs of weeks against the model's steps: restarts, evaluation, checkpoints, slow nodes, and layouts that
# were not the best one.  The median of nine published runs, LLaMA 7B to Llama 3.1 405B, and their scatter,
# which the systems benchmark lists.
PUBLISHED = Calibration(slowdown=1.25, spread=0.36, basis="model", n_measured=9, source="nine published runs")


def calibrate(measured: Iterable[MeasuredStep], efficiency: Efficiency = DEFAULT) -> Calibration:
    """Return by what one factor measured steps are slower than the model's.

    FitError when there is none.
    """
    steps = tuple(measured)
    expected = [
        step_time(s.shape, s.layout, s.cluster, precision=s.precision, efficiency=efficiency).total
        for s in steps
    ]
    return _calibration([s.seconds for s in steps], expected, "model", f"{len(steps)} measured steps")


def calibrate_runs(
    observations: Iterable[Observation], cluster: Cluster, precision: Precision = "bf16"
) -> Calibration:
    """Return by what factor finished runs were slower than the peak of the ``cluster`` they ran on.

    A ladder's runs know their FLOP and seconds.  Only the largest sizes count, down to a quarter of the
    largest: small models keep a device waiting.  FitError when no run tells its seconds.
    """
    timed = [row for row in observations if row.seconds]
    largest = max((row.n_params for row in timed), default=0.0)
    rows = [row for row in timed if row.n_params >= largest / NEAR]
    peak = cluster.accelerator.peak(precision) * cluster.n_devices
    source = f"{len(rows)} runs of {largest / NEAR:.3g} to {largest:.3g} parameters"
    seconds = [row.seconds or 0.0 for row in rows]
    return _calibration(seconds, [row.train_flops / peak for row in rows], "peak", source)


def _calibration(measured: list[float], expected: list[float], basis: Basis, source: str) -> Calibration:
    if not measured:
        raise FitError(
            "nothing was timed, so there is nothing to calibrate to; give steps or runs with seconds"
        )
    if not all(0 < second < math.inf for second in measured):
        raise FitError("a measured time is not above zero and finite; leave it out")
    errors = np.log(np.array(measured) / np.array(expected))
    n = len(errors)
    scatter = float(((errors - errors.mean()) ** 2).sum()) + USUAL_WEIGHT * USUAL_SPREAD**2
    variance = scatter / (n - 1 + USUAL_WEIGHT)
    return Calibration(
        slowdown=float(np.exp(errors.mean())),
        spread=math.sqrt(variance * (1 + 1 / n)),
        basis=basis,
        n_measured=n,
        source=source,
    )
