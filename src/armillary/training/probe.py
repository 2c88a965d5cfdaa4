"""How fast this machine multiplies matrices, the yardstick of efficiency; what was measured is kept."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable
from typing import Literal

import torch

from armillary.core.errors import CheckpointError
from armillary.core.files import read_json, write_json
from armillary.data.cache import cache_folder
from armillary.runs.provenance import processor

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]

DTYPES: dict[str, torch.dtype] = {
    "32-true": torch.float32,
    "bf16-mixed": torch.bfloat16,
    "16-mixed": torch.float16,
}
# Rows of the matrices.  Small products end before another process takes the core away, large ones keep
# many cores busy: the best of both is the peak.
SIZES = {"cpu": (512, 2048), "cuda": (8192,)}
SECONDS = 0.2  # of measuring, a size


@functools.cache
def matmul_peak(precision: Precision, device: str = "cpu") -> float:
    """Return the most FLOP/s that matrix products reach on ``device``, with this process's threads."""
    sizes, dtype = SIZES.get(device, (2048,)), DTYPES[precision]
    return remembered(
        f"matmul FLOP/s, {precision}",
        machine(device),
        lambda: max(measure_matmul(n, dtype, device) for n in sizes),
    )


def remembered(what: str, key: str, measure: Callable[[], float]) -> float:
    """Return ``measure()``, called once for a machine.

    The answer is kept in the user's cache folder, so that a busy moment does not change what later runs
    do; where that cannot be written, every process measures for itself.
    """
    path = cache_folder() / "measured.json"
    known: dict[str, float] = {}
    with contextlib.suppress(CheckpointError):
        known = read_json(path)
    entry = f"{what}: {key}"
    if entry not in known:
        known[entry] = measure()
        with contextlib.suppress(CheckpointError):
            write_json(path, known)
    return known[entry]


def machine(device: str) -> str:
    """Return what decides the speed of ``device`` in this process."""
    name = torch.cuda.get_device_name() if device == "cuda" else f"{processor()} {device}"
    return f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}"


def measure_matmul(n: int, dtype: torch.dtype, device: str, seconds: float = SECONDS) -> float:
    """Return the best FLOP/s of one product of ``n`` by ``n`` matrices, over about ``seconds``."""
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


def _wait(device: str) -> None:
    if device != "cpu":
        torch.accelerator.synchronize()
