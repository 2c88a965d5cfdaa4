"""The devices that a model is trained on together: how many, how joined, what they draw and cost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from armillary.core.errors import ConfigError
from armillary.core.hardware import Accelerator, accelerator

SERVER_OVERHEAD = 1.6  # server over accelerator power: 1.54 to 1.69 (Cottier et al. 2024, arXiv:2405.21015)
PUE = 1.2  # data centre over server power: 1.1 in the best fleets, 1.58 on average (Uptime Institute 2023)
USUAL_NODE = 8  # cards in a server


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """``n_devices`` of one kind.  What is None is taken from the catalogue's row of the device."""

    accelerator: Accelerator
    n_devices: int
    devices_per_node: int | None = None  # that the link joins
    link_bandwidth: float | None = None  # bytes/s that a device sends to others of its node
    network_bandwidth: float | None = None  # bytes/s that a device sends to other nodes
    usd_per_hour: float | None = None  # of one device
    server_overhead: float = SERVER_OVERHEAD  # power of a server over that of its devices
    pue: float = PUE  # power of the data centre over that of its servers

    def __post_init__(self) -> None:
        if self.n_devices < 1:
            raise ConfigError(f"a cluster of {self.n_devices} devices trains nothing; give at least 1")

    @classmethod
    def of(cls, name: str, n_devices: int, hardware: Path | None = None) -> Self:
        """Return ``n_devices`` of the accelerator called ``name``, from ``hardware`` or the catalogue."""
        return cls(accelerator=accelerator(name, hardware), n_devices=n_devices)

    @property
    def node_size(self) -> int:
        """Devices that the link joins; a usual server's, where nobody has said."""
        return self.devices_per_node or self.accelerator.devices_per_node or USUAL_NODE

    @property
    def link(self) -> float:
        """Bytes/s of a device inside its node.  ConfigError when nobody has said."""
        return self._known("link_bandwidth", "link_gb_s")

    @property
    def network(self) -> float:
        """Bytes/s of a device to other nodes.  ConfigError when nobody has said."""
        return self._known("network_bandwidth", "network_gb_s")

    def _known(self, field: str, column: str) -> float:
        given: float | None = getattr(self, field) or getattr(self.accelerator, field)
        if given is None:
            raise ConfigError(
                f"the {field.replace('_', ' ')} of {self.accelerator.name} is not known and several devices "
                f"need it; give {field} of the cluster, or {column} in a hardware table of your own"
            )
        return given

    def kwh(self, device_hours: float) -> float | None:
        """Return the energy at the wall: rated power, servers and cooling; None when power is not known."""
        watts = self.accelerator.watts
        return None if watts is None else device_hours * watts * self.server_overhead * self.pue / 1000

    def usd(self, device_hours: float) -> float | None:
        """Return the money that devices cost by the hour; None when no price is known."""
        price = self.accelerator.usd_per_hour if self.usd_per_hour is None else self.usd_per_hour
        return None if price is None else device_hours * price
