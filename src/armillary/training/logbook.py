"""What a run writes down while it trains: rows of metrics.jsonl, and TensorBoard files when asked."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from armillary.core.errors import CheckpointError, DivergenceError, MissingExtraError
from armillary.data.batch import Batch
from armillary.runs.run import Run


@dataclass
class Seen:
    """How far training is; what every row of metrics.jsonl begins with."""

    step: int = 0  # optimizer steps done
    n_examples: int = 0
    n_tokens: int = 0  # units of the loss
    train_flops: float = 0.0
    seconds: float = 0.0  # of training, evaluation included, pauses not

    def count(self, batch: Batch, flops: float) -> None:
        """Count one step on ``batch``."""
        self.step += 1
        self.n_examples += batch.n_examples
        self.n_tokens += batch.n_units
        self.train_flops += flops


class Logbook:
    """The record of ``run``, kept by one process of it: with ``writes`` false nothing is written."""

    def __init__(self, run: Run, *, tensorboard: bool, writes: bool = True) -> None:
        self._run = run
        self._writes = writes
        self._board = _board(run) if tensorboard and writes else None

    def row(self, seen: Seen, split: str, values: Mapping[str, float]) -> None:
        """Append a row.  DivergenceError when a value is not finite, which JSON cannot hold."""
        for name, value in values.items():
            if not math.isfinite(value):
                raise DivergenceError(f"{split} {name} is {value} at step {seen.step}; lower optim.lr")
        if not self._writes:
            return
        try:
            self._run.log(split=split, **dataclasses.asdict(seen), **values)
        except OSError as error:
            raise CheckpointError(f"cannot write {self._run.path}/metrics.jsonl: {error.strerror}") from error
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"{split}/{name}", value, seen.step)

    def close(self) -> None:
        """Write out what TensorBoard still holds back."""
        if self._board is not None:
            self._board.close()


def _board(run: Run) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingExtraError("tensorboard=true", "tensorboard", "tensorboard") from error
    return SummaryWriter(run.path / "tensorboard")
