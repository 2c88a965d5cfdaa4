"""Every registered task on data small enough for seconds, and models that need little or no training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from armillary.data.sources import Digits, LabelledTable, TextFiles
from armillary.data.tokenizers import BPEConfig
from armillary.models import MODELS
from armillary.tasks import TASKS, ImageClassification, Task, TextClassification, TextGeneration

OWN_TASKS = [name for name in TASKS if TASKS[name].__module__.startswith("armillary.")]
OWN_FAMILIES = [name for name in MODELS if MODELS[name].__module__.startswith("armillary.")]

SUBJECTS = {
    "astronomy": "star planet orbit comet eclipse meridian sphere zodiac",
    "cooking": "salt onion butter oven garlic simmer pepper dough",
    "sailing": "anchor rope tide harbour mast rudder keel jib",
}
COMMON = ["the", "a", "of", "and", "with", "slowly", "under", "over", "bright", "old", "new", "then"]
TOKENIZER = BPEConfig(vocab_size=400)


@dataclass(frozen=True)
class Case:
    """A task, and what can be asked of a model of it, cheaply."""

    task: Task
    inputs: list[Any]
    options: dict[str, Any] = field(default_factory=dict)


def text_generation(folder: Path) -> Case:
    task = TextGeneration(
        source=TextFiles(path=write_prose(folder)), tokenizer=TOKENIZER, context=24, evaluation_tokens=2000
    )
    return Case(task, ["the old star", ""], {"max_tokens": 6})


def text_classification(folder: Path) -> Case:
    task = TextClassification(
        source=LabelledTable(path=write_table(folder)), tokenizer=TOKENIZER, max_length=32
    )
    return Case(task, ["salt and butter", "", "the tide " * 40])


def image_classification(folder: Path) -> Case:
    digits = Digits()
    return Case(ImageClassification(source=digits), [image.pixels for image in digits.split("test")[:3]])


CASES: dict[str, Callable[[Path], Case]] = {
    "text-generation": text_generation,
    "text-classification": text_classification,
    "image-classification": image_classification,
}


def write_prose(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    path = folder / "log.txt"
    path.write_text("\n".join(sentence(rng, subject) for _ in range(250) for subject in SUBJECTS))
    return path


def write_table(folder: Path) -> Path:
    rng = np.random.default_rng(1)
    path = folder / "notes.csv"
    rows = [f"{sentence(rng, subject)},{subject}" for _ in range(80) for subject in SUBJECTS]
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    return path


def sentence(rng: np.random.Generator, subject: str) -> str:
    words = rng.choice(SUBJECTS[subject].split(), 4).tolist() + rng.choice(COMMON, 6).tolist()
    return " ".join(rng.permutation(words)) + f" {rng.integers(1000)}."


class Guess(nn.Module):
    """Says the same, whatever it is asked."""

    def __init__(self, logits: Tensor, *, next_token: bool) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)
        self.next_token = next_token

    def forward(self, inputs: Tensor, _: Any = None) -> Any:
        if self.next_token:
            return self.logits.expand(*inputs.shape, -1), None
        return self.logits.expand(len(inputs), -1)


def guess(task: Task, logits: Tensor | None = None) -> nn.Module:
    """Return a model that gives each class or token the same ``logits``: all alike, unless given."""
    signature = task.signature()
    next_token = signature.outputs == "next-token"
    n_outputs = signature.vocab_size if next_token else signature.n_classes
    return Guess(torch.zeros(n_outputs) if logits is None else logits, next_token=next_token)


def tiny_model(task: Task, family: str = "transformer", n_params: float = 3e4) -> nn.Module:
    torch.manual_seed(0)
    return MODELS[family]().fit_to(task.signature()).at_size(n_params).build()


def learn(task: Task, model: nn.Module, n_steps: int, lr: float = 3e-3) -> None:
    """Train ``model`` with plain AdamW."""
    optimizer = torch.optim.AdamW(model.parameters(), lr)
    batches = task.training_batches(batch_size=16, seed=0)
    state = None
    for step in range(n_steps):
        loss, state = task.loss(model, batches[step], state)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
