"""A finished run as something that answers."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from armillary.core.errors import CheckpointError, RequestError, UnknownNameError
from armillary.data.base import SPLITS, Split
from armillary.data.sources import infer_source
from armillary.inference.engines import ENGINES, TORCH
from armillary.models.layers.product import FixedWeights
from armillary.runs.judgement import Judgement
from armillary.runs.run import Run
from armillary.tasks import Task
from armillary.tasks.streaming import Streams
from armillary.training.config import RunConfig
from armillary.training.finished import WEIGHTS
from armillary.training.stored import read_weights
from armillary.training.weights import load_weights


@dataclass(frozen=True)
class Model:
    """A trained model, its task, and what the task learnt before training.  Make one with ``open_model``."""

    run: Run
    config: RunConfig
    task: Task  # with the tokenizer, labels and pixel statistics of the run
    module: nn.Module  # in evaluation mode; with an engine of its own, also a ``tasks.writers.Writer``
    engine: str = TORCH  # what runs it, see ``inference.engines``

    def answer(self, inputs: Sequence[Any], **options: Any) -> list[Any]:
        """Return an answer to each input, in plain JSON values; the task says which ``options`` there are.

        Raises DataError for an input that is none of the task's, ConfigError for an unknown option.
        """
        with self._weights.used():
            return self.task.answer(self.module, inputs, **options)

    @functools.cached_property
    def _weights(self) -> FixedWeights:
        return FixedWeights(self.module)

    def stream(self, text: str, **options: Any) -> Iterator[str]:
        """Yield the answer to one text piece by piece, each as soon as it is written.

        Raises RequestError when the task's answers do not come in pieces, else as ``answer`` does.
        """
        if not isinstance(self.task, Streams):
            raise RequestError(f"answers of {self.task.kind} do not come in pieces; ask without streaming")
        return self.task.stream(self.module, text, **options)

    def evaluate(self, split: str = "test", batch_size: int = 256) -> dict[str, float]:
        """Return the metrics on a split of the source, or of the data that the model was opened with."""
        return self.task.evaluate(self.module, _split(split), batch_size)

    def judge(self, split: str = "test", batch_size: int = 256) -> Judgement:
        """Return what ``evaluate`` does and, of a task whose outputs are worth reading, the outputs."""
        return self.task.judge(self.module, _split(split), batch_size)


def _split(name: str) -> Split:
    for split in SPLITS:
        if split == name:
            return split
    raise UnknownNameError("split", name, SPLITS)


def open_model(
    run: Run | Path,
    device: str = "cpu",
    data: Path | None = None,
    engine: str = TORCH,
    fields: Sequence[str] = (),
) -> Model:
    """Open a finished run for questions; its source is read by ``evaluate`` alone.

    ``device`` is torch's name of one, or "auto".  ``data`` is a user's own file or folder to evaluate on
    instead of the run's source.  ``engine`` is what runs the model: "torch", or "ctranslate2", which writes
    translations and summaries in int8 (converted once and kept in the cache).  ``fields`` change the task,
    such as "search.n_beams=32".

    Raises RequestError when the run has not finished, CheckpointError naming the file when one is missing
    or damaged, ConfigError for a device that is not here or a model that the engine cannot run, DataError
    for data of another kind than the task's, MissingExtraError when the engine is not installed.
    """
    run = Run.open(run) if isinstance(run, Path) else run
    if not run.finished:
        raise RequestError(f"{run.path} has not finished; go on with: armillary train --resume {run.path}")
    config = RunConfig.from_dict(run.config)
    task = config.task.override(*fields)
    if data is not None:
        task = task.replace(source=infer_source(data, task.example))
    module = _restored(config, run.path / WEIGHTS)
    model = Model(run, config, task.restored(run.path), module.eval(), engine)
    return replace(model, module=ENGINES[engine](model, device))


def _restored(config: RunConfig, path: Path) -> nn.Module:
    """Return the model of ``config`` with the weights in the file ``path``; codes are read as what they mean.

    It is then an ordinary module: quantized runs answer with the kernels of others, as fast and no faster.
    """
    if not path.is_file():
        raise CheckpointError(f"{path} is missing; without its weights the run cannot answer")
    with torch.random.fork_rng(devices=[]):  # fresh weights, about to be written over, cost no one their dice
        module = config.model.build()
    load_weights(module, read_weights(path, config), path)
    return module
