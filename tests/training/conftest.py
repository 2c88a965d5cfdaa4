"""A task and two models small enough to train in milliseconds, entered into the registries once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from armillary.core.files import write_json
from armillary.data.base import SOURCES, Document, Source, Split
from armillary.data.batch import Batch, Batches
from armillary.data.order import StreamBatches
from armillary.models.base import MODELS, ModelConfig
from armillary.models.signature import Signature
from armillary.tasks.base import TASKS, Task, judged
from armillary.training.config import OptimConfig, RunConfig, ScheduleConfig

VOCABULARY = 11


@SOURCES.register("toy-source")
@dataclass(frozen=True, kw_only=True)
class ToySource(Source):
    """Noisy counting: most tokens are their predecessor plus one."""

    kind: ClassVar[str] = "toy-source"
    example: ClassVar[type] = Document
    licence: ClassVar[str] = "CC0-1.0"
    citation: ClassVar[str] = "Made up for a test."

    def split(self, name: Split) -> Sequence[Any]:
        generator = np.random.default_rng(["train", "validation", "test"].index(name))
        steps = np.where(generator.random(600) < 0.8, 1, generator.integers(0, VOCABULARY, 600))
        return list(np.cumsum(steps) % VOCABULARY)


@TASKS.register("toy-task")
@dataclass(frozen=True, kw_only=True)
class ToyTask(Task):
    kind: ClassVar[str] = "toy-task"
    example: ClassVar[type] = Document
    unit: ClassVar[str] = "token"
    headline: ClassVar[str] = "accuracy"
    headline_up: ClassVar[bool] = True
    default_source: ClassVar[str] = "toy-source"
    source: Source = ToySource()
    context: int = 6

    def signature(self) -> Signature:
        return Signature(vocab_size=VOCABULARY, length=self.context)

    def training_batches(self, batch_size: int, seed: int) -> Batches:
        return StreamBatches(np.array(self.source.split("train")), self.context, batch_size, seed)

    def evaluation_batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        tokens = torch.tensor(self.source.split(split)).view(-1, 20)
        for rows in tokens.split(batch_size):
            yield Batch(rows[:, :-1], rows[:, 1:])

    def dummy_batch(self, batch_size: int) -> Batch:
        zeros = torch.zeros(batch_size, self.context, dtype=torch.long)
        return Batch(zeros, zeros)

    def loss(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:
        logits, state = model(batch.inputs, state)
        return F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten()), state

    def evaluate(self, model: nn.Module, split: Split, batch_size: int = 256) -> dict[str, float]:
        with judged(model):
            (batch,) = self.evaluation_batches(split, batch_size)
            logits, _ = model(batch.inputs, None)
        loss = F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten())
        return {"loss": float(loss), "accuracy": float((logits.argmax(-1) == batch.targets).float().mean())}

    def baseline(self) -> dict[str, dict[str, float]]:
        return {}

    def answer(self, model: nn.Module, raw: Sequence[Any], **options: Any) -> list[Any]:  # noqa: ARG002
        return list(raw)

    def save_preprocessor(self, folder: Path) -> None:
        write_json(folder / "toy.json", {"vocabulary": VOCABULARY})

    def restored(self, folder: Path) -> Self:  # noqa: ARG002
        return self


class ToyNet(nn.Module):
    """Tied embeddings around an LSTM or a convolution, with dropout and a norm."""

    def __init__(self, config: ToyModel) -> None:
        super().__init__()
        self.table = nn.Embedding(VOCABULARY, config.d_model)
        self.drop = nn.Dropout(config.dropout)
        self.norm = nn.BatchNorm1d(config.d_model) if config.normed else nn.Identity()
        self.lstm = nn.LSTM(config.d_model, config.d_model, batch_first=True) if config.recurrent else None
        self.mix = nn.Linear(config.d_model, config.d_model)
        self.out = nn.Linear(config.d_model, VOCABULARY, bias=False)
        self.out.weight = self.table.weight

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        x = self.drop(self.table(tokens))
        if self.lstm is not None:
            x, state = self.lstm(x, state)
        x = self.norm(F.gelu(self.mix(x)).mT).mT
        return self.out(x), state


@MODELS.register("toy-model")
@dataclass(frozen=True, kw_only=True)
class ToyModel(ModelConfig):
    kind: ClassVar[str] = "toy-model"
    supports: ClassVar[frozenset[tuple[str, str]]] = frozenset({("tokens", "next-token")})
    d_model: int = 8
    dropout: float = 0.2
    recurrent: bool = True
    normed: bool = True

    def build(self) -> nn.Module:
        return ToyNet(self)

    def at_size(self, n_params: float) -> Self:  # noqa: ARG002
        return self


MakeConfig = Callable[..., RunConfig]

# No dropout, and no norm that sees a whole batch: what may be split without changing what is learnt.
PLAIN: dict[str, Any] = {"model__dropout": 0.0, "model__normed": False}


def toy_config(**changes: Any) -> RunConfig:
    """Return 24 steps on the toy task; nested fields by their dotted path with ``__`` for the dot."""
    config = RunConfig(
        task=ToyTask(),
        model=ToyModel(),
        optim=OptimConfig(lr=0.02),
        schedule=ScheduleConfig(warmup=3, decay=0.25),
        budget="24 steps",
        batch_size=4,
        evaluations=2,
        checkpoints=4,
        precision="32-true",
        accelerator="cpu",
    )
    for path, value in changes.items():
        name, _, inner = path.partition("__")
        old: Any = getattr(config, name)
        config = config.replace(**{name: old.replace(**{inner: value}) if inner else value})
    return config


@pytest.fixture
def toy() -> MakeConfig:
    return toy_config


@pytest.fixture
def plain() -> dict[str, Any]:
    return PLAIN
