"""How fast this machine multiplies matrices: the yardstick of efficiency, and what chooses the precision."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from pathlib import Path
from typing import Literal

import torch

from armillary.core.errors import CheckpointError
from armillary.core.files import read_json, write_json
from armillary.runs.provenance import processor

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]

DTYPES: dict[str, torch.dtype] = {
    "32-true": torch.float32,
    "bf16-mixed": torch.bfloat16,
    "16-mixed": torch.float16,
}
SIZE = {"cpu": 1024, "cuda": 8192}  # rows of the matrices, large enough for the peak
SECONDS = 0.15  # of measuring, a precision
GAIN = 1.5  # how much faster bf16 must multiply to pay for its casts


@functools.cache
def matmul_peak(precision: Precision, device: str = "cpu") -> float:
    """Return the FLOP/s of large matrix products on ``device`` in ``precision``, with this process's threads.

    Measured once for a machine and kept in the user's cache folder, so that a busy moment does not
    change what later runs do.
    """
    key = f"{_name(device)}, {torch.get_num_threads()} threads, torch {torch.__version__}, {precision}"
    path = cache_folder() / "matmul-peak.json"
    known: dict[str, float] = {}
    with contextlib.suppress(CheckpointError):
        known = read_json(path)
    if key not in known:
        known[key] = measure_matmul(DTYPES[precision], device)
        with contextlib.suppress(CheckpointError):  # a folder that cannot be written: measure again next time
            write_json(path, known)
    return known[key]


def measure_matmul(dtype: torch.dtype, device: str, seconds: float = SECONDS) -> float:
    """Return the best FLOP/s of one square product over about ``seconds``."""
    n = SIZE.get(device, 2048)
    a = torch.randn(n, n, device=device).to(dtype)
    out = a @ a
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end or best == float("inf"):
        _wait(device)
        start = time.perf_counter()
        torch.matmul(a, a, out=out)
        _wait(device)
        best = min(best, time.perf_counter() - start)
    return 2.0 * n**3 / best


def faster_precision(device: str) -> Precision:
    """Return ``bf16-mixed`` where the machine multiplies it clearly faster than 32 bits, else ``32-true``."""
    if device not in ("cpu", "cuda"):
        return "32-true"
    gain = matmul_peak("bf16-mixed", device) / matmul_peak("32-true", device)
    return "bf16-mixed" if gain >= GAIN else "32-true"


def cache_folder() -> Path:
    """Return the folder for measurements of this machine (``$XDG_CACHE_HOME/armillary``)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "armillary"


def _name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else f"{processor()} {device}"


def _wait(device: str) -> None:
    if device != "cpu":
        torch.accelerator.synchronize()
