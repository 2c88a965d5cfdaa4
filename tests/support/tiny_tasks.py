"""Every registered task on data small enough for seconds, and models that need little or no training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from armillary.data.audio_changes import SpecAugment, WaveChanges
from armillary.data.sources import CaptionedDigits, Digits, LabelledTable, SungDigits, TextFiles
from armillary.data.sources.gettext import MessageCatalogues
from armillary.data.tokenizers import BPEConfig
from armillary.models import MODELS
from armillary.models.generation import Writing
from armillary.models.images import Drawing
from armillary.models.images.conditioning import Conditioning
from armillary.models.layers.token_loss import Wanted
from armillary.tasks import (
    TASKS,
    AutomaticSpeechRecognition,
    ImageClassification,
    Summarization,
    Task,
    TextClassification,
    TextGeneration,
    TextToImage,
    Translation,
)

DRAWING_FAMILIES = "autoregressive", "flow-cnn", "flow-transformer", "gan"
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


def translation(folder: Path) -> Case:
    source = MessageCatalogues(path=write_catalogue(folder))
    task = Translation(source=source, tokenizer=TOKENIZER, max_source=40, max_target=40, writing=Writing())
    return Case(task, ["the old star", "", "salt and butter\n\nthe tide", "\x07 \U0001f600 12 北京"])


def summarization(folder: Path) -> Case:
    source = MessageCatalogues(path=write_notes(folder))
    task = Summarization(source=source, tokenizer=TOKENIZER, max_source=16, max_target=40, writing=Writing())
    return Case(task, ["the old star", " ", "the tide " * 40])


def automatic_speech_recognition(_: Path) -> Case:
    source = SungDigits(n_clips=120, n_voices=6, longest=2)
    quiet = WaveChanges(speeds=(0.9, 1.1), noise=0.2)
    task = AutomaticSpeechRecognition(source=source, sound=quiet, masks=SpecAugment(n_bands=1, n_spans=1))
    sounds = [recording.audio for recording in source.split("test")[:2]]
    return Case(task, [*sounds, np.zeros(10, np.float32)])


def text_to_image(_: Path) -> Case:
    quick = Drawing(n_steps=2, sampler="euler")
    task = TextToImage(source=CaptionedDigits(), drawing=quick, judged_examples=40, taught_examples=0)
    return Case(task, ["the digit seven", "数字三", ""])


CASES: dict[str, Callable[[Path], Case]] = {
    "automatic-speech-recognition": automatic_speech_recognition,
    "text-generation": text_generation,
    "text-classification": text_classification,
    "image-classification": image_classification,
    "text-to-image": text_to_image,
    "translation": translation,
    "summarization": summarization,
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


def write_catalogue(folder: Path) -> Path:
    """Sentences and their translation: the same words in capitals, the other way round."""
    rng = np.random.default_rng(2)
    lines = [sentence(rng, subject) for _ in range(80) for subject in SUBJECTS]
    return write_messages(folder / "words.po", [(line, turned(line)) for line in lines])


def write_notes(folder: Path) -> Path:
    """Notes of three sentences, of which the last says what matters."""
    rng = np.random.default_rng(3)
    notes = [
        [f"{sentence(rng, subject)[:-1]} times.".capitalize() for subject in SUBJECTS] for _ in range(240)
    ]
    return write_messages(folder / "notes.po", [(" ".join(note), note[-1]) for note in notes])


def write_messages(path: Path, pairs: list[tuple[str, str]]) -> Path:
    entries = [f'msgid "{source}"\nmsgstr "{target}"\n' for source, target in pairs]
    path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n' + "\n".join(entries))
    return path


def turned(line: str) -> str:
    return " ".join(reversed(line.removesuffix(".").upper().split())) + "."


def sentence(rng: np.random.Generator, subject: str) -> str:
    words = rng.choice(SUBJECTS[subject].split(), 4).tolist() + rng.choice(COMMON, 6).tolist()
    return " ".join(rng.permutation(words)) + f" {rng.integers(1000)}."


class Guess(nn.Module):
    """Says the same, whatever it is asked."""

    def __init__(self, logits: Tensor, outputs: str) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)
        self.outputs = outputs

    def forward(self, inputs: Tensor, _: Any = None, *asked: Any) -> Any:
        if self.outputs == "class":
            return self.logits.expand(len(inputs), -1)
        if self.outputs == "image":
            return self.logits.sum()
        if self.outputs == "ctc":
            return self.logits.expand(*inputs.shape[:2], -1), _
        written = inputs if self.outputs == "next-token" else asked[0]
        out = self.logits.expand(*written.shape, -1)
        out = asked[-1].loss(out) if asked and isinstance(asked[-1], Wanted) else out
        return (out, None) if self.outputs == "next-token" else out

    def conditioning(self, captions: Tensor, lengths: Any = None) -> Conditioning:  # noqa: ARG002
        return Conditioning(torch.zeros(len(captions), 1))

    def draw(self, wanted: Conditioning, how: Any, seeds: Any) -> Tensor:  # noqa: ARG002
        return torch.zeros(len(wanted.vector), 1, 8, 8)

    def read(self, inputs: Tensor, lengths: Any = None, n_beams: int = 1) -> Rows:  # noqa: ARG002
        return Rows(len(inputs), n_beams)

    def write(self, tokens: Any, state: Rows) -> Tensor:  # noqa: ARG002
        return self.logits.expand(state.n_sources * state.n_beams, -1)

    def alignment(self, inputs: Tensor, lengths: Any, targets: Tensor) -> Tensor:  # noqa: ARG002
        return torch.full((*targets.shape, inputs.shape[1]), 1 / inputs.shape[1])


@dataclass
class Rows:
    """The state of a model that remembers nothing."""

    n_sources: int
    n_beams: int

    def reorder(self, rows: Tensor) -> None:
        pass

    def keep(self, sources: Tensor) -> None:
        self.n_sources = len(sources)


def guess(task: Task, logits: Tensor | None = None) -> nn.Module:
    """Return a model that gives each class or token the same ``logits``: all alike, unless given."""
    signature = task.signature()
    n_outputs = signature.n_classes if signature.outputs == "class" else signature.vocab_size
    return Guess(torch.zeros(n_outputs) if logits is None else logits, signature.outputs)


def tiny_model(task: Task, family: str = "", n_params: float = 3e4) -> nn.Module:
    """Return a fresh model of about this size, a Transformer unless said; those that draw have their own."""
    torch.manual_seed(0)
    signature = task.signature()
    if signature.outputs == "image" and family in ("", *DRAWING_FAMILIES):
        return MODELS[family or "flow-transformer"](d_model=16).fit_to(signature).build()
    return MODELS[family or "transformer"]().fit_to(signature).at_size(n_params).build()


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
