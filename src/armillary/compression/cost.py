"""What a smaller run costs: bytes, quality and time beside those of the run that it was made from."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool

from armillary.core.errors import RequestError
from armillary.inference import Model, compare, open_model
from armillary.runs.judgement import Judgement, PairedScore, judgement_path, read_judgement
from armillary.runs.run import Run
from armillary.tasks.base import judged
from armillary.tasks.classification import Classification
from armillary.tasks.resampling import means, paired_test
from armillary.training.finished import WEIGHTS
from armillary.training.weights import distinct

PASSES = 30  # of each run, in turns: the median of so many is steady to a few percent
LONGEST = 5.0  # seconds that they may take together, if each has had a few


@dataclass(frozen=True)
class Cost:
    """A smaller run beside its parent."""

    run: str  # the smaller run's directory
    scheme: str  # 8bit, 4bit, 3bit, 2bit, ternary or binary
    n_params: int  # of both
    file_bytes: int  # of the file of the smaller run's weights
    parent_file_bytes: int  # of the file of the parent's weights
    bits_per_parameter: float  # of the whole file: scales, unrounded tensors and names included
    memory_bytes: int  # of the weights of either run once it is open: codes are multiplied out
    loss: float  # on the validation split, nats per unit
    parent_loss: float  # on the validation split, nats per unit
    metric: str  # the task's headline
    score: float  # of the smaller run in it, on the test split
    parent_score: float  # of the parent in it, on the test split
    validation_score: float  # of the smaller run in it, on the validation split: targets are held against it
    parent_validation_score: float  # of the parent in it, on the validation split
    low: float | None  # the score's 95% interval; null: the task gives none
    high: float | None  # the score's 95% interval; null: the task gives none
    parent_low: float | None  # the parent's score's 95% interval; null: the task gives none
    parent_high: float | None  # the parent's score's 95% interval; null: the task gives none
    paired: PairedScore | None  # the difference to the parent on the same examples; null: the task keeps none
    latency_ratio: float  # time of a forward pass of one example, over the parent's


class Reference:
    """The run that smaller ones are made from; what is measured of it is measured once."""

    def __init__(self, run: Run) -> None:
        self.model = open_model(run)
        self.run = run

    def cost(self, run: Run) -> Cost:
        """Return what ``run``, made from this one, costs."""
        model, summary, parent = open_model(run), run.summary, self.run.summary
        scheme, metric = model.config.quantization, model.task.headline
        assert scheme is not None, f"{run.path} is not quantized"
        size = _file_size(run)
        return Cost(
            run=str(run.path),
            scheme=scheme.label,
            n_params=summary.n_params,
            file_bytes=size,
            parent_file_bytes=_file_size(self.run),
            bits_per_parameter=8 * size / summary.n_params,
            memory_bytes=memory_of(model),
            loss=summary.loss,
            parent_loss=parent.loss,
            metric=metric,
            score=summary.metrics[f"test/{metric}"],
            parent_score=parent.metrics[f"test/{metric}"],
            validation_score=summary.metrics[metric],
            parent_validation_score=parent.metrics[metric],
            low=summary.metrics.get(f"test/{metric}_low"),
            high=summary.metrics.get(f"test/{metric}_high"),
            parent_low=parent.metrics.get(f"test/{metric}_low"),
            parent_high=parent.metrics.get(f"test/{metric}_high"),
            paired=self._paired(model),
            latency_ratio=latency_ratio(model, self.model),
        )

    def _paired(self, model: Model) -> PairedScore | None:
        """Return the test of the headline metric's difference on the test split, where the task has one."""
        if isinstance(model.task, Classification):
            return paired_test(means(_correct(model)), means(self._correct))
        if not judgement_path(model.run, "test").is_file():
            return None
        try:
            found = compare(model.run, self.run, read_judgement(model.run), self._judgement)
        except RequestError:  # the parent's outputs are of other examples
            return None
        return found.scores.get(model.task.headline)

    @functools.cached_property
    def _correct(self) -> Bool[np.ndarray, " n"]:
        return _correct(self.model)

    @functools.cached_property
    def _judgement(self) -> Judgement:
        """The parent's outputs: those that it keeps, else made now; its folder stays as it is."""
        kept = judgement_path(self.run, "test").is_file()
        return read_judgement(self.run) if kept else self.model.judge("test")


def latency_ratio(ours: Model, theirs: Model) -> float:
    """Return the median time of a forward pass of ``ours`` on one example over that of ``theirs``.

    Passes alternate, so that whatever else the machine does slows both; the first of each is not counted.
    """
    passes = [_forward(model) for model in (ours, theirs)]
    seconds: list[list[float]] = [[], []]
    for each in passes:
        each()
    started = time.perf_counter()
    for n in range(PASSES):
        if n >= 3 and time.perf_counter() - started > LONGEST:
            break
        for each, times in zip(passes, seconds, strict=True):
            times.append(each())
    return statistics.median(seconds[0]) / statistics.median(seconds[1])


def memory_of(model: Model) -> int:
    """Return the bytes that the tensors of an open model take, tied ones counted once."""
    return sum(t.numel() * t.element_size() for t in distinct(model.module.state_dict()).values())


def _forward(model: Model) -> Callable[[], float]:
    """Return a function that computes the loss of one example and returns the seconds it took."""
    batch = model.task.dummy_batch(1)

    def timed() -> float:
        with judged(model.module), torch.inference_mode():
            start = time.perf_counter()
            model.task.loss(model.module, batch)
            return time.perf_counter() - start

    return timed


def _correct(model: Model) -> Bool[np.ndarray, " n"]:
    """Return whether each example of the test split is recognised."""
    assert isinstance(model.task, Classification)
    log_probs, targets = model.task.predictions(model.module, "test")
    return np.asarray(log_probs.argmax(axis=1) == targets)


def _file_size(run: Run) -> int:
    return Path(run.path / WEIGHTS).stat().st_size
