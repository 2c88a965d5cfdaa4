"""The configuration of a run: task, model, and how the one is taught to the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from armillary.core.config import Config
from armillary.models.base import ModelConfig
from armillary.tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class OptimConfig(Config):
    """AdamW (Loshchilov & Hutter 2019), with decay on matrices only.  None: derived by ``training.rules``."""

    lr: float | None = None  # peak learning rate
    beta1: float = 0.9
    beta2: float | None = None  # decay of the second moment, per step
    weight_decay: float | None = None  # decoupled, multiplied by the learning rate
    clip: float = 1.0  # largest norm of the gradient over all parameters


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig(Config):
    """How the learning rate moves over the budget.

    ``wsd`` (warmup, stable, decay: Hu et al. 2024, Haegele et al. 2024) holds the peak and decays
    linearly over the last ``decay`` of the budget, so that shorter budgets branch from a longer run;
    ``cosine`` (Loshchilov & Hutter 2017) falls along a half cosine to ``floor``.
    """

    shape: Literal["wsd", "cosine"] = "wsd"
    warmup: int | None = None  # steps of linear warm-up, absolute; None: derived
    decay: float = 0.2  # share of the budget that a wsd schedule cools down over
    floor: float = 0.0  # last learning rate as a share of the peak


@dataclass(frozen=True, kw_only=True)
class RunConfig(Config):
    """A complete experiment: everything that decides the weights is here."""

    task: Task
    model: ModelConfig
    optim: OptimConfig = OptimConfig()
    schedule: ScheduleConfig = ScheduleConfig()
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

    def fitted(self) -> RunConfig:
        """Return this configuration with the model built for the task's signature."""
        return self.replace(model=self.model.fit_to(self.task.signature()))
