"""Armillary's own training loop as a contender: the whole of it, from batch to log."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from armillary.training.config import RunConfig
from armillary.training.trainer import train
from benchmarks.race import Contender


def ours(config: RunConfig, tokens_per_step: float | None = None) -> Contender:
    """Return the training loop on ``config``; a lap is timed by the run's own records.

    The clock runs from the end of the first step to the end of the last, as it does for the peers:
    starting up and judging the finished model are not training.  Where batches differ in size, the
    seconds are what they would have been with ``tokens_per_step`` in each, and every lap sees other ones.
    """
    seeds = itertools.count()

    def lap(n: int) -> float:
        nonlocal config
        config = config if tokens_per_step is None else config.replace(seed=next(seeds))
        with tempfile.TemporaryDirectory() as folder:
            run = train(config.replace(budget=f"{n + 1} steps"), Path(folder) / "run")
            rows = [row for row in run.metrics() if row["split"] == "train"]
        assert rows[0]["step"] == 1
        assert rows[-1]["step"] == n + 1
        seconds = float(rows[-1]["seconds"] - rows[0]["seconds"])
        if tokens_per_step is None:
            return seconds
        n_tokens = int(rows[-1]["n_tokens"] - rows[0]["n_tokens"])
        return seconds * n * tokens_per_step / n_tokens

    return Contender("Armillary", lap)
