"""What the laws are fitted to: one row per trained model, from a ladder, a folder of runs or a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["fit", "held-out"]


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One trained model: its size, its data, its compute and the loss it reached."""

    n_params: float
    n_tokens: float  # units of the loss seen in training, repeats counted
    train_flops: float
    loss: float  # nats per unit on held-out data
    family: str = ""
    name: str = ""  # of the run, or the row of the table
    role: Role = "fit"
    seconds: float | None = None  # wall-clock training time; None: not recorded
    lineage: str = ""  # runs of one lineage share a stable phase, so their noise is shared too


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A row that was not used, and why."""

    row: str
    reason: str
