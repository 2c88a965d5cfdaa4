"""Accelerators: peak FLOP/s by precision, memory, links, power and price, each row with its source.

The table is hardware.csv beside this file; a table of the same columns adds a user's own devices.  Peaks
are dense (no structured sparsity) with float32 accumulation, as training needs; links are told per device
and per direction; prices are medians of on-demand cloud offers over the years given.  A cell that is empty
is not known.
"""

from __future__ import annotations

import csv
import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from armillary.core.errors import DataError, UnknownNameError
from armillary.core.units import format_usd

Precision = Literal["fp32", "tf32", "bf16", "fp8"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "tf32", "bf16", "fp8")
CATALOGUE = Path(__file__).with_name("hardware.csv")
REQUIRED = ("name", "memory_gb", "bandwidth_gb_s")  # of a user's own table, besides one peak
TEXTS = ("name", "vendor", "released", "price_date", "price_source", "source", "link", "node_source")
NUMBERS = (
    *(f"{precision}_tflops" for precision in PRECISIONS),
    *(
        "memory_gb",
        "bandwidth_gb_s",
        "watts",
        "usd_per_hour",
        "link_gb_s",
        "network_gb_s",
        "devices_per_node",
    ),
)
TERA, GIGA = 1e12, 1e9


@dataclass(frozen=True, kw_only=True)
class Accelerator:
    """One kind of accelerator."""

    name: str  # as its maker writes it
    vendor: str  # its maker
    released: str  # ISO date
    peak_flops: Mapping[str, float]  # FLOP/s by precision; a precision that is missing is not supported
    memory: float  # bytes
    bandwidth: float  # bytes/s between memory and chip
    watts: float | None  # rated power of one device (TPUs: the most that was measured); None: not published
    usd_per_hour: float | None  # None: no price is known
    price_date: str  # when the price held
    price_source: str  # of the price
    source: str  # of peaks, memory and power
    aliases: tuple[str, ...] = ()  # other names that people use for it
    link: str = ""  # what joins the devices of a node: NVLink 3, PCIe 4 x16, ICI
    link_bandwidth: float | None = None  # bytes/s that a device can send inside its node; None: not known
    network_bandwidth: float | None = None  # bytes/s that a device can send to other nodes; None: not known
    devices_per_node: int | None = None  # devices that ``link`` joins; None: as many as a server has slots
    node_source: str = ""  # of link, network and devices per node

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
            "also": ", ".join(self.aliases[:2]),
            "peak bf16": f"{self.peak() / TERA:,.4g} TFLOP/s" if "bf16" in self.peak_flops else "",
            "memory": f"{self.memory / GIGA:.0f} GB",
            "bandwidth": f"{self.bandwidth / GIGA:,.0f} GB/s",
            "link": _rate(self.link_bandwidth, f" ({self.link}{self._a_node()})"),
            "network": _rate(self.network_bandwidth),
            "power": "" if self.watts is None else f"{self.watts:.0f} W",
            "price an hour": price,
            "source": self.source,
        }

    def _a_node(self) -> str:
        return "" if self.devices_per_node is None else f", {self.devices_per_node} a node"


def _rate(bandwidth: float | None, what: str = "") -> str:
    return "" if bandwidth is None else f"{bandwidth / GIGA:,.4g} GB/s{what}"


@functools.cache
def catalogue(path: Path = CATALOGUE) -> Mapping[str, Accelerator]:
    """Return the devices of a table by name.

    A table needs name, memory_gb, bandwidth_gb_s and one of fp32_tflops, tf32_tflops, bf16_tflops,
    fp8_tflops; the other columns of hardware.csv may be left out.  DataError names the row that cannot be
    used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the hardware table {path}: {error}") from error
    devices: dict[str, Accelerator] = {}
    for number, row in enumerate(rows, start=1):
        device = _accelerator(f"{path}, row {number}", row)
        if device.name in devices:
            raise DataError(f"{path}, row {number}: {device.name} stands there twice; keep one")
        devices[device.name] = device
    return devices


def accelerators(own: Path | None = None) -> tuple[Accelerator, ...]:
    """Return all that this package knows and those of the table ``own``, oldest first."""
    return tuple(sorted(_known(own).values(), key=lambda device: device.released))


def accelerator(name: str, own: Path | None = None) -> Accelerator:
    """Return the accelerator called ``name``, whatever its case, spaces and hyphens.

    Names and aliases of the table ``own`` come before those of the catalogue.  UnknownNameError lists
    what there is.
    """
    devices = _known(own)
    found = _by_key(devices).get(_key(name))
    if found is None:
        hint = f"a table of your own may add it: {', '.join(REQUIRED)}, bf16_tflops"
        whole = any(name.casefold().startswith(d.vendor.casefold()) for d in devices.values() if d.vendor)
        # short names, unless a whole one was meant: "H1OO" is near to "H100", not to "NVIDIA H100 SXM5 80GB"
        known = {d.name if whole else (d.aliases or (d.name,))[0] for d in devices.values()}
        raise UnknownNameError("accelerator", name, known, hint)
    return found


def _known(own: Path | None) -> Mapping[str, Accelerator]:
    return {**catalogue(), **catalogue(own)} if own else catalogue()


def _by_key(devices: Mapping[str, Accelerator]) -> dict[str, Accelerator]:
    """Return devices under every way of writing their names; what is listed later comes first."""
    keys = {}
    for device in devices.values():
        short = device.name.removeprefix(device.vendor)
        for name in (device.name, short, *device.aliases):
            keys[_key(name)] = device
    return keys


def _key(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def _accelerator(where: str, row: Mapping[str, str | None]) -> Accelerator:
    cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
    numbers = {name: _number(where, name, cells) for name in NUMBERS}
    peaks: dict[str, float] = {
        p: TERA * peak for p in PRECISIONS if (peak := numbers[f"{p}_tflops"]) is not None
    }
    lacking = [name for name in REQUIRED if not cells.get(name)]
    if lacking or not peaks:
        raise DataError(f"{where}: {(lacking or ['bf16_tflops'])[0]} is missing")
    return Accelerator(
        **{name: cells.get(name, "") for name in TEXTS},
        peak_flops=peaks,
        memory=GIGA * (numbers["memory_gb"] or 0.0),
        bandwidth=GIGA * (numbers["bandwidth_gb_s"] or 0.0),
        watts=numbers["watts"],
        usd_per_hour=numbers["usd_per_hour"],
        aliases=tuple(alias.strip() for alias in cells.get("aliases", "").split(";") if alias.strip()),
        link_bandwidth=_scaled(numbers["link_gb_s"]),
        network_bandwidth=_scaled(numbers["network_gb_s"]),
        devices_per_node=None if (n := numbers["devices_per_node"]) is None else int(n),
    )


def _number(where: str, name: str, cells: Mapping[str, str]) -> float | None:
    cell = cells.get(name, "")
    try:
        value = float(cell) if cell else None
    except ValueError as error:
        raise DataError(f"{where}: {name} = {cell!r} is no number") from error
    if value is not None and not 0 < value < math.inf:
        raise DataError(f"{where}: {name} = {cell} is not above zero and finite")
    return value


def _scaled(gigabytes: float | None) -> float | None:
    return None if gigabytes is None else GIGA * gigabytes
