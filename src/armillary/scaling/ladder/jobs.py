"""What a worker process of a ladder does: train a trunk, finish a branch, train the baselines."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import torch

from armillary.core.files import write_json
from armillary.runs.run import Run
from armillary.training.config import RunConfig
from armillary.training.fork import fork
from armillary.training.progress import Silent
from armillary.training.trainer import train

WATCH = 0.5  # seconds between two looks at the parent process


def start_worker(threads: int) -> None:
    """Give this process its share of the cores, and let it not outlive its parent.

    Ctrl-C reaches every process of a terminal: one that trains saves and stops (``training.interrupt``),
    an idle one waits for its parent to end it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(threads)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process once ``parent`` is gone: a resumed ladder must find nobody else in its runs."""
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)


def train_trunk(config: dict[str, Any], path: Path, branch_steps: tuple[int, ...]) -> None:
    """Train a rung from the start, or go on with it; keep the checkpoints that branches start from."""
    run_config = RunConfig.from_dict(config)
    started = (path / "run.json").exists()
    train(run_config, path, resume=started, progress=Silent(), checkpoint_steps=branch_steps)


def train_branch(config: dict[str, Any], path: Path, trunk: Path, step: int) -> None:
    """Train the cooldown of a shorter budget from the trunk's checkpoint at ``step``, or go on with it."""
    run_config = RunConfig.from_dict(config)
    if not (path / "run.json").exists():
        fork(Run.open(trunk), step, run_config, path)
    train(run_config, path, resume=True, progress=Silent())


def train_baselines(config: dict[str, Any], path: Path) -> None:
    """Train the task's classical baselines and write their metrics to ``path``."""
    write_json(path, RunConfig.from_dict(config).task.baseline())
