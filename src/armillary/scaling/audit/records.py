"""Training runs on record: what their makers published of size, compute, hardware, time, cost and energy.

The table is records.csv beside this file.  A value without a source is not in it; ``note`` says where a
figure is an outside estimate or covers a part of the work only.
"""

from __future__ import annotations

import csv
import functools
import statistics
from dataclasses import dataclass, fields
from pathlib import Path

from armillary.core.errors import UnknownNameError
from armillary.core.hardware import Accelerator, accelerator

CATALOGUE = Path(__file__).with_name("records.csv")
DAY = 86400.0
CLOSE = 1.5  # published FLOP may count attention, or restarts and recomputation: beyond this it does
SIX = 6.0  # FLOP per parameter and token: forward 2, backward 4 (Kaplan et al. 2020, arXiv:2001.08361, 2.1)


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """One run; None is what its sources do not say."""

    name: str
    family: str = ""  # what people call it without its size
    aliases: tuple[str, ...] = ()
    organisation: str
    released: str  # ISO date
    n_params: float | None = None
    n_active_params: float | None = None  # of a sparse model: those that one token uses
    n_tokens: float | None = None  # seen in training, repeats counted
    flops_per_param_token: float | None = None  # where it is not 6: 3 in an encoder-decoder
    train_flops: float | None = None  # FLOP, as published
    hardware: str = ""
    n_devices: float | None = None
    days: float | None = None
    device_hours: float | None = None
    tflops_per_device: float | None = None  # TFLOP/s that a source computes with
    rate_source: str = ""  # of tflops_per_device
    usd: float | None = None
    mwh: float | None = None
    tonnes_co2: float | None = None  # CO2 equivalent
    size_source: str = ""
    compute_source: str = ""
    hardware_source: str = ""
    usd_source: str = ""
    energy_source: str = ""  # of mwh and tonnes_co2
    builds_on: str = ""  # the run whose cost and time are not counted in those of this one
    note: str = ""
    note_zh: str = ""

    @property
    def model_flops(self) -> float | None:
        """Return 6 N D [FLOP], N the parameters that a token uses."""
        n_params = self.n_active_params or self.n_params
        per_token = self.flops_per_param_token or SIX
        return per_token * n_params * self.n_tokens if n_params and self.n_tokens else None

    @property
    def flops(self) -> float | None:
        """Return training FLOP: as published, unless that counts far more than the model's 6 N D."""
        model, published = self.model_flops, self.train_flops
        if model and published and not 1 / CLOSE < published / model < CLOSE:
            return model
        return published or model

    @property
    def device_seconds(self) -> float | None:
        """Return devices times seconds of the whole run."""
        if self.device_hours:
            return 3600 * self.device_hours
        return self.n_devices * self.days * DAY if self.n_devices and self.days else None

    @property
    def utilisation(self) -> float | None:
        """Return the share of the bf16 peak that became model FLOP, downtime included."""
        peak = peak_of(known_accelerator(self.hardware))
        if not (peak and self.flops and self.device_seconds) or "derived from the hardware" in self.note:
            return None
        return self.flops / (self.device_seconds * peak)


@functools.cache
def known_accelerator(name: str) -> Accelerator | None:
    """Return the catalogued accelerator called ``name``; None where the catalogue lacks it."""
    try:
        return accelerator(name) if name else None
    except UnknownNameError:
        return None


def peak_of(device: Accelerator | None) -> float | None:
    """Return the dense 16-bit peak [FLOP/s] that utilisation is counted against; None: not known."""
    return device.peak_flops.get("bf16") if device else None


@functools.cache
def records() -> tuple[TrainingRun, ...]:
    """Return every run on record, oldest first."""
    with CATALOGUE.open(encoding="utf-8", newline="") as handle:
        runs = [_run(row) for row in csv.DictReader(handle)]
    return tuple(sorted(runs, key=lambda run: run.released))


def _run(row: dict[str, str]) -> TrainingRun:
    values: dict[str, object] = dict(row)
    values["aliases"] = tuple(alias for alias in row["aliases"].split(";") if alias)
    for field in fields(TrainingRun):
        if field.type == "float | None":
            values[field.name] = float(row[field.name]) if row[field.name] else None
    return TrainingRun(**values)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class UtilisationBand:
    """What share of their peak devices have delivered over whole runs, on record."""

    floor: float  # below it devices mostly wait: a third of the lowest run
    low: float  # the lowest run
    typical: float  # the median run
    high: float  # the highest run
    lowest_run: str  # its name
    highest_run: str  # its name
    n_runs: int  # on record
    ceiling: float = 1.0  # more is physically impossible


@functools.cache
def historical_band() -> UtilisationBand:
    """Return the utilisation of all runs on record whose FLOP and device time are known independently."""
    measured = {run.name: value for run in records() if (value := run.utilisation) and not _guessed(run)}
    lowest, highest = min(measured, key=measured.__getitem__), max(measured, key=measured.__getitem__)
    return UtilisationBand(
        floor=measured[lowest] / 3,
        low=measured[lowest],
        typical=statistics.median(measured.values()),
        high=measured[highest],
        lowest_run=lowest,
        highest_run=highest,
        n_runs=len(measured),
    )


def _guessed(run: TrainingRun) -> bool:
    return "estimate" in run.compute_source or "estimate" in run.hardware_source
