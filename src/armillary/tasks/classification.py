"""What the tasks that give one of several labels have in common."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from armillary.core.errors import CheckpointError, ConfigError, DataError, unknown
from armillary.core.files import read_json, write_json
from armillary.data.base import Split
from armillary.data.batch import Batch
from armillary.tasks.base import Task, judged
from armillary.tasks.metrics import classification_metrics, per_class_accuracy

CHUNK = 64  # inputs that are answered at a time
PREPROCESSOR = "preprocessor_config.json"  # the name that Hugging Face's libraries look for


@dataclass(frozen=True, kw_only=True)
class Classification(Task):
    """A task whose examples have one label each; the loss is the cross-entropy in nats an example."""

    headline: ClassVar[str] = "accuracy"
    headline_up: ClassVar[bool] = True
    label_smoothing: float = 0.0  # share of the target spread over all classes, in training alone

    def __post_init__(self) -> None:
        if not 0 <= self.label_smoothing < 1:
            raise ConfigError(f"label_smoothing is a share below 1, got {self.label_smoothing}")

    @functools.cached_property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the model's outputs: those of the training split, sorted."""
        labels = tuple(sorted({example.label for example in self.source.split("train")}))
        if len(labels) < 2:
            raise DataError(
                f"the training split of {self.source.kind} has one class, {labels[0]!r}; "
                "a classifier needs at least two"
            )
        return labels

    def loss(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:  # noqa: ARG002
        logits = model(batch.inputs, batch.lengths)
        return F.cross_entropy(logits, batch.targets, label_smoothing=self.label_smoothing), None

    def evaluate(self, model: nn.Module, split: Split, batch_size: int = 256) -> dict[str, float]:
        """Return the metrics of ``tasks.metrics.classification_metrics``; the loss is without smoothing."""
        return classification_metrics(*self.predictions(model, split, batch_size))

    def per_class_accuracy(
        self, model: nn.Module, split: Split, batch_size: int = 256
    ) -> dict[str, float | None]:
        """Return by label the share of its examples that was recognised; None where the split has none."""
        log_probs, targets = self.predictions(model, split, batch_size)
        shares = per_class_accuracy(log_probs.argmax(axis=1), targets, len(self.labels))
        values = (None if np.isnan(share) else float(share) for share in shares)
        return dict(zip(self.labels, values, strict=True))

    def predictions(
        self, model: nn.Module, split: Split, batch_size: int = 256
    ) -> tuple[Float[np.ndarray, "n n_classes"], Int[np.ndarray, " n"]]:
        """Return (log-probabilities of every class, targets) of the whole split, in evaluation order."""
        batches = self.evaluation_batches(split, batch_size)
        pairs = [(log_probs_of(model, batch), batch.targets.numpy()) for batch in batches]
        log_probs, targets = zip(*pairs, strict=True)
        return np.concatenate(log_probs), np.concatenate(targets)

    def targets(self, split: Split) -> Int[np.ndarray, " n"]:
        """Return the class index of each example of ``split``.  DataError for a label never learnt."""
        index = {label: i for i, label in enumerate(self.labels)}
        examples = self.source.split(split)
        for row, example in enumerate(examples):
            if example.label not in index:
                raise DataError(
                    f"example {row} of the {split} split: "
                    + unknown("label of this model", example.label, self.labels)
                )
        return np.array([index[example.label] for example in examples], dtype=np.int64)

    def save_preprocessor(self, folder: Path) -> None:
        write_json(folder / PREPROCESSOR, {"labels": list(self.labels)})

    def _ask(self, model: nn.Module, batches: Sequence[Batch], notes: Sequence[str]) -> list[dict[str, Any]]:
        """Return the answers to ``batches``; ``notes`` says what was done to each input, if anything."""
        rows = [row for batch in batches for row in log_probs_of(model, batch)]
        return [self._answer_of(np.exp(row), note) for row, note in zip(rows, notes, strict=True)]

    def _answer_of(self, probabilities: Float[np.ndarray, " n_classes"], note: str) -> dict[str, Any]:
        order = np.argsort(-probabilities, kind="stable")
        answer = {
            "label": self.labels[order[0]],
            "probabilities": {self.labels[i]: float(probabilities[i]) for i in order},
        }
        return answer | ({"note": note} if note else {})


def log_probs_of(model: nn.Module, batch: Batch) -> Float[np.ndarray, "batch n_classes"]:
    """Return the model's log-probability of every class, in nats."""
    with judged(model) as device:
        batch = batch.to(device)
        logits = model(batch.inputs, batch.lengths)
        return np.asarray(logits.float().log_softmax(dim=-1).cpu().numpy())


def read_preprocessor(folder: Path, *needed: str) -> dict[str, Any]:
    """Return what ``save_preprocessor`` wrote; CheckpointError when it lacks one of the ``needed`` keys."""
    path = folder / PREPROCESSOR
    values = read_json(path)
    for key in needed:
        if not isinstance(values, dict) or key not in values:
            raise CheckpointError(f"{path} lacks {key!r}; it is no preprocessor of this task")
    return dict(values)
