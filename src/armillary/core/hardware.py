"""Accelerators: peak FLOP/s by precision, memory, power and price, each row with its source.

The table is hardware.csv beside this file.  Peaks are dense (no structured sparsity) with float32
accumulation, as training needs; prices are medians of on-demand cloud offers over the years given.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from armillary.core.errors import DataError, UnknownNameError
from armillary.core.units import format_usd

Precision = Literal["fp32", "tf32", "bf16", "fp8"]
CATALOGUE = Path(__file__).with_name("hardware.csv")
TERA, GIGA = 1e12, 1e9


@dataclass(frozen=True, kw_only=True)
class Accelerator:
    """One kind of accelerator."""

    name: str
    vendor: str
    released: str  # ISO date
    peak_flops: Mapping[str, float]  # FLOP/s by precision; a precision that is missing is not supported
    memory: float  # bytes
    bandwidth: float  # bytes/s between memory and chip
    watts: float  # rated power of one device
    usd_per_hour: float | None  # None: no price is known
    price_date: str
    price_source: str
    source: str

    def peak(self, precision: Precision = "bf16") -> float:
        """Return the peak FLOP/s at ``precision``.  UnknownNameError when the device does not have it."""
        if precision not in self.peak_flops:
            raise UnknownNameError(f"precision of {self.name}", precision, self.peak_flops)
        return self.peak_flops[precision]

    def row(self) -> dict[str, str]:
        """Return what a list of hardware shows of it."""
        price = "" if self.usd_per_hour is None else f"{format_usd(self.usd_per_hour)} ({self.price_date})"
        return {
            "accelerator": self.name,
            "peak bf16": f"{self.peak() / TERA:,.4g} TFLOP/s",
            "memory": f"{self.memory / GIGA:.0f} GB",
            "bandwidth": f"{self.bandwidth / GIGA:,.0f} GB/s",
            "power": f"{self.watts:.0f} W",
            "price an hour": price,
            "source": self.source,
        }


@functools.cache
def catalogue(path: Path = CATALOGUE) -> Mapping[str, Accelerator]:
    """Return the devices of a table by name.  DataError names the row that cannot be used."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    devices = {}
    for number, row in enumerate(rows, start=1):
        try:
            devices[row["name"]] = _accelerator(row)
        except (KeyError, ValueError) as error:
            raise DataError(f"{path}, row {number}: {error!r} is missing or no number") from error
    return devices


def accelerators() -> tuple[Accelerator, ...]:
    """Return all that this package knows, oldest first."""
    return tuple(sorted(catalogue().values(), key=lambda device: device.released))


def accelerator(name: str) -> Accelerator:
    """Return the catalogued accelerator called ``name``; UnknownNameError lists what there is."""
    devices = catalogue()
    if name not in devices:
        raise UnknownNameError("accelerator", name, devices)
    return devices[name]


def _accelerator(row: Mapping[str, str]) -> Accelerator:
    peaks = {p: row[f"{p}_tflops"] for p in ("fp32", "tf32", "bf16", "fp8")}
    return Accelerator(
        name=row["name"],
        vendor=row["vendor"],
        released=row["released"],
        peak_flops={p: float(value) * TERA for p, value in peaks.items() if value},
        memory=float(row["memory_gb"]) * GIGA,
        bandwidth=float(row["bandwidth_gb_s"]) * GIGA,
        watts=float(row["watts"]),
        usd_per_hour=float(row["usd_per_hour"]) if row["usd_per_hour"] else None,
        price_date=row["price_date"],
        price_source=row["price_source"],
        source=row["source"],
    )
