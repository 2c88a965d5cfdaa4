"""Fine-tuning: a run that starts from the weights of another, on other data or for longer.

Tokenizer, labels and pixel statistics are those that the weights were trained with.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from armillary.core.errors import RequestError
from armillary.runs.run import Run
from armillary.training.config import RunConfig
from armillary.training.finished import WEIGHTS
from armillary.training.stored import read_weights

GENTLER = 0.3  # of the learning rate that the weights were found with: they are to move, not to be lost


def further(parent: Path) -> RunConfig:
    """Return the configuration of a run that goes on from the finished run ``parent``, with fresh steps.

    It is the parent's, at a lower learning rate; of a quantized parent, weights are rounded while they learn.
    RequestError when ``parent`` has not finished.
    """
    config = RunConfig.from_dict(_finished(parent).config)
    assert config.optim.lr is not None, f"{parent} was written with its rates derived"
    gentler = config.optim.replace(lr=config.optim.lr * GENTLER)
    scheme = config.quantization.replace(aware=True) if config.quantization else None
    return config.replace(start=parent, optim=gentler, quantization=scheme)


def taught(config: RunConfig) -> RunConfig:
    """Return ``config`` with what the task of the run it starts from had learnt before training."""
    if config.start is None:
        return config
    return config.replace(task=config.task.continued(_finished(config.start).path))


def first_weights(parent: Path) -> dict[str, Tensor]:
    """Return the weights of the run to start from; CheckpointError when they are missing or damaged."""
    run = _finished(parent)
    return read_weights(run.path / WEIGHTS, RunConfig.from_dict(run.config))


def _finished(path: Path) -> Run:
    run = Run.open(path)
    if not run.finished:
        raise RequestError(
            f"{path} has not finished and has no weights to start from; "
            f"go on with it: armillary train --resume {path}"
        )
    return run
