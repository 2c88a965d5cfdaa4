"""Train a small run to its end while it is killed again and again; prints how often, as JSON.

A process of its own, so that it can fork without threads in the way: ``python crash.py FOLDER``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from armillary.runs.run import Run
from armillary.training.trainer import train

LONGEST = 0.25  # seconds that a child may live at first; more each time, so that the run does end


def toy_config() -> Callable:
    spec = importlib.util.spec_from_file_location("toys", Path(__file__).with_name("conftest.py"))
    assert spec is not None
    assert spec.loader is not None
    toys = sys.modules["toys"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(toys)
    return toys.toy_config


def spawn(path: Path, resume: bool) -> int:
    """Train in a child process; return its id."""
    pid = os.fork()
    if pid == 0:
        config = toy_config()(budget="80 steps", checkpoints=16, evaluations=4, ema=0.9)
        train(config, path, resume=resume)
        os._exit(0)
    return pid


def finished(pid: int) -> bool:
    """Return whether the child has ended by itself, well."""
    done, status = os.waitpid(pid, os.WNOHANG)
    assert done == 0 or status == 0, f"the child ended with status {status}"
    return done != 0


def kill_until_done(path: Path) -> int:
    """Return how many times the run was killed before it ended."""
    chance, kills = random.Random(0), 0
    while True:
        pid = spawn(path, resume=(path / "run.json").exists())
        end = time.monotonic() + chance.uniform(0, LONGEST) * (1 + kills / 4)
        while time.monotonic() < end:
            if finished(pid):
                return kills
            time.sleep(0.002)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        kills += 1


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    assert os.waitpid(spawn(folder / "whole", resume=False), 0)[1] == 0
    kills = kill_until_done(folder / "killed")
    assert Run.open(folder / "killed").finished
    print(json.dumps({"kills": kills}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
