"""Armillary's own training loop as a contender: the whole of it, from batch to log."""

from __future__ import annotations

import tempfile
from pathlib import Path

from armillary.training.config import RunConfig
from armillary.training.trainer import train
from benchmarks.race import Contender


def ours(config: RunConfig) -> Contender:
    """Return the training loop on ``config``; a lap is timed by the run's own records.

    The clock runs from the end of the first step to the end of the last, as it does for the peers:
    starting up and judging the finished model are not training.
    """

    def lap(n: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            run = train(config.replace(budget=f"{n + 1} steps"), Path(folder) / "run")
            rows = [row for row in run.metrics() if row["split"] == "train"]
        assert rows[0]["step"] == 1
        assert rows[-1]["step"] == n + 1
        return float(rows[-1]["seconds"] - rows[0]["seconds"])

    return Contender("Armillary", lap)
