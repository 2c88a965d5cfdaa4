"""The demo's Transformers: in worker processes with cooldown branches, or one after another, each whole.

Both produce the same runs.  One after another, every rung is trained from the start with all cores.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from armillary.scaling.ladder import climb, demo_ladder, fitted_rungs
from armillary.scaling.ladder.threads import available_cores
from armillary.training.trainer import train
from benchmarks.race import Result


def main(_: Sequence[str] = ()) -> Result:
    """Train the ladder both ways, once each: minutes of work even out a noisy machine."""
    ladder = demo_ladder().replace(held_out=None, families=("transformer",))
    rungs = fitted_rungs(ladder)
    n_tokens = sum(rung.n_tokens for rung in rungs)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        climb(ladder, Path(folder) / "ladder", quiet=True)
        together = time.perf_counter() - start
        print(f"ladder: Armillary {together:.0f} s", file=sys.stderr, flush=True)
        torch.set_num_threads(available_cores())
        start = time.perf_counter()
        for rung in rungs:
            train(rung.config, Path(folder) / rung.name)
        alone = time.perf_counter() - start
    rates = {"Armillary's ladder": n_tokens / together, "one rung after another": n_tokens / alone}
    ratio = alone / together
    title = f"The demo's {len(rungs)} fitted Transformers, baselines and fits included in ours"
    return Result(title, "tokens", rates, {"one rung after another": (ratio, ratio, ratio)})
