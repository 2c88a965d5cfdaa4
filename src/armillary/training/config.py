"""The configuration of a run: task, model, and how the one is taught to the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from armillary.core.config import Config
from armillary.core.errors import ConfigError
from armillary.models.base import ModelConfig
from armillary.models.quantization import Quantization
from armillary.tasks.base import Task
from armillary.training.budget import Budget


def _require(holds: bool, name: str, value: object, allowed: str) -> None:
    if not holds:
        raise ConfigError(f"{name} is {allowed}, got {value}")


@dataclass(frozen=True, kw_only=True)
class OptimConfig(Config):
    """AdamW (Loshchilov & Hutter 2019), with decay on matrices only, or Muon (Jordan et al. 2024) for them.

    None: derived by ``training.rules``.
    """

    algorithm: Literal["adamw", "muon"] | None = None
    lr: float | None = None  # peak learning rate
    beta1: float = 0.9
    beta2: float | None = None  # decay of the second moment, per step
    weight_decay: float | None = None  # decoupled, multiplied by the learning rate
    clip: float = 1.0  # largest norm of the gradient over all parameters; 0: no clipping

    def __post_init__(self) -> None:
        _require(self.lr is None or self.lr > 0, "optim.lr", self.lr, "above 0")
        _require(0 <= self.beta1 < 1, "optim.beta1", self.beta1, "at least 0 and below 1")
        _require(
            self.beta2 is None or 0 <= self.beta2 < 1, "optim.beta2", self.beta2, "at least 0 and below 1"
        )
        _require((self.weight_decay or 0) >= 0, "optim.weight_decay", self.weight_decay, "0 or more")
        _require(self.clip >= 0, "optim.clip", self.clip, "0 (no clipping) or more")


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig(Config):
    """How the learning rate moves over the budget.

    ``wsd`` (warmup, stable, decay: Hu et al. 2024, Haegele et al. 2024) holds the peak and decays
    linearly over the last ``decay`` of the budget, so that shorter budgets branch from a longer run;
    ``cosine`` (Loshchilov & Hutter 2017) falls along a half cosine to ``floor``; ``inverse-sqrt`` (Vaswani
    et al. 2017) as one over the root of the step, from the end of the warm-up on.
    """

    shape: Literal["wsd", "cosine", "inverse-sqrt"] = "wsd"
    warmup: int | None = None  # steps of linear warm-up, absolute; None: derived
    decay: float = 0.2  # share of the budget that a wsd schedule cools down over
    floor: float = 0.0  # last learning rate as a share of the peak

    def __post_init__(self) -> None:
        _require((self.warmup or 0) >= 0, "schedule.warmup", self.warmup, "a number of steps, 0 or more")
        _require(0 <= self.decay <= 1, "schedule.decay", self.decay, "a share, 0 to 1")
        _require(0 <= self.floor <= 1, "schedule.floor", self.floor, "a share, 0 to 1")


@dataclass(frozen=True, kw_only=True)
class RunConfig(Config):
    """A complete experiment: everything that decides the weights is here."""

    task: Task
    model: ModelConfig
    optim: OptimConfig = OptimConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    start: Path | None = None  # a finished run whose weights this one starts from; None: random ones
    quantization: Quantization | None = None  # how the weights that the run ends with are rounded; None: not
    budget: str = "10m"  # "2000 steps", "3e6 tokens", "20 epochs", "1e12 flop" or a time: "10m"
    batch_size: int | None = None  # examples a step (over all devices and accumulated parts); None: derived
    accumulate: int = 1  # parts a step's batch is split into to save memory
    ema: float = 0.0  # decay of the averaged weights that are evaluated and saved; 0: none
    patience: int = 0  # evaluations without improvement before training stops early; 0: never
    evaluations: int = 10  # validation measurements spread over the budget
    checkpoints: int = 10  # checkpoints spread over the budget
    seed: int = 0
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"  # auto: the faster, by a probe
    accelerator: str = "auto"  # Lightning Fabric's: cpu, gpu, mps, ...
    devices: int = 1
    strategy: Literal["auto", "ddp", "fsdp"] = "auto"
    compile: bool = False  # torch.compile the model
    tensorboard: bool = False  # also write TensorBoard files into the run

    def __post_init__(self) -> None:
        Budget.parse(self.budget)
        parts = self.devices * self.accumulate
        _require(self.devices >= 1, "devices", self.devices, "1 or more")
        _require(self.accumulate >= 1, "accumulate", self.accumulate, "1 or more")
        _require(
            self.batch_size is None or (self.batch_size >= 1 and self.batch_size % parts == 0),
            "batch_size",
            self.batch_size,
            f"1 or more, a multiple of devices x accumulate = {parts}",
        )
        _require(0 <= self.ema < 1, "ema", self.ema, "at least 0 and below 1")
        for name in ("patience", "evaluations", "checkpoints"):
            _require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        _require(
            not self.patience or self.evaluations > 0, "patience", self.patience, "0 without evaluations"
        )
        _require(
            self.strategy != "fsdp" or self.optim.algorithm != "muon",
            "optim.algorithm",
            self.optim.algorithm,
            "adamw with strategy=fsdp, which leaves no process a whole matrix",
        )

        _require(
            self.strategy != "fsdp" or self.quantization is None,
            "strategy",
            self.strategy,
            "auto or ddp with quantization, whose scales are found from whole matrices",
        )

    def fitted(self) -> RunConfig:
        """Return this configuration with the model built for the task's signature."""
        return self.replace(model=self.model.fit_to(self.task.signature()))
