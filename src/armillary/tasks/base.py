"""What is learnt and how it is judged: a task turns a source into batches, a loss, metrics and answers."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from armillary.core.config import Config
from armillary.core.errors import ConfigError, unknown
from armillary.core.registry import Registry
from armillary.data.base import Source, Split
from armillary.data.batch import Batch, Batches
from armillary.models.generation.choice import asking
from armillary.models.signature import Signature
from armillary.runs.judgement import Judgement, PairedScore

TASKS: Registry[type[Task]] = Registry("task", "tasks")


@dataclass(frozen=True, kw_only=True)
class Task(Config, ABC):
    """A task on a source.

    What is learnt from the training split before any model (a tokenizer, the list of classes, pixel
    means) is the task's *preprocessor*: made at first use, saved with a run, and restored from there,
    so that a finished run answers without its source.
    """

    registry: ClassVar[Registry[Any] | None] = TASKS
    example: ClassVar[type]  # the raw example that its sources must yield
    unit: ClassVar[str]  # what the loss is a mean over
    headline: ClassVar[str]  # the metric that a report leads with
    headline_up: ClassVar[bool]  # whether more of it is better
    default_source: ClassVar[str]  # a source that needs no download
    source: Source

    @abstractmethod
    def signature(self) -> Signature:
        """Return the shapes that a model must be built for."""

    @abstractmethod
    def training_batches(self, batch_size: int, seed: int) -> Batches:
        """Return the training split's batches as a function of the step."""

    @abstractmethod
    def evaluation_batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        """Yield every example of ``split`` once, in the same order always."""

    @abstractmethod
    def dummy_batch(self, batch_size: int) -> Batch:
        """Return a batch of zeros of the training shape, of a typical length where lengths differ."""

    @abstractmethod
    def loss(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:
        """Return (mean nats per unit, state to carry to the next batch or None)."""

    @abstractmethod
    def evaluate(self, model: nn.Module, split: Split, batch_size: int = 256) -> dict[str, float]:
        """Return metrics by name on a split; ``loss`` (nats per unit) is always among them."""

    def judge(self, model: nn.Module, split: Split, batch_size: int = 256) -> Judgement:
        """Return what ``evaluate`` does and, of a task whose outputs are worth reading, the outputs."""
        return Judgement(split, self.evaluate(model, split, batch_size))

    def compare(self, ours: Judgement, theirs: Judgement) -> dict[str, PairedScore]:  # noqa: ARG002
        """Return by metric whether two systems differ on the same examples; empty where nothing tells."""
        return {}

    def validate(self, model: nn.Module) -> Judgement:
        """Return what is measured on the validation split while training goes on; ``loss`` is among it.

        Files of it are pictures, PNG, to see how far the model is.
        """
        return Judgement("validation", self.evaluate(model, "validation"))

    def report(self) -> dict[str, int]:
        """Return the counts that a run records: the source's, and what the task leaves out."""
        return self.source.report()

    @abstractmethod
    def baseline(self) -> dict[str, dict[str, float]]:
        """Train the classical baselines on the same split; return their test metrics by name."""

    @abstractmethod
    def answer(self, model: nn.Module, raw: Sequence[Any], **options: Any) -> list[Any]:
        """Return the model's answers to raw inputs, as plain JSON values.  DataError for bad input."""

    @abstractmethod
    def save_preprocessor(self, folder: Path) -> None:
        """Write what ``restored`` needs into ``folder``."""

    @abstractmethod
    def restored(self, folder: Path) -> Self:
        """Return this task with the preprocessor that was saved in ``folder``; the source is not read."""

    def continued(self, folder: Path) -> Self:
        """Return this task with as much of that preprocessor as weights trained with it depend on."""
        return self.restored(folder)

    def with_preprocessor(self, **made: Any) -> Self:
        """Return a copy whose cached properties named in ``made`` are set instead of learnt."""
        copy = self.replace()
        vars(copy).update(made)
        return copy


@contextlib.contextmanager
def judged(model: nn.Module) -> Iterator[torch.device]:
    """Put ``model`` into evaluation mode, without gradients, for a while; yield the device it is on."""
    with asking(model):
        yield next((p.device for p in model.parameters()), torch.device("cpu"))


def check_options(task: str, options: Mapping[str, Any], known: Collection[str] = ()) -> None:
    """Raise ConfigError when ``options`` of an answer has a name that is not ``known``."""
    for name in options:
        if name not in known:
            raise ConfigError(unknown(f"option of {task}", name, known))
