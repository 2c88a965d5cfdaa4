"""A run as a folder that Hugging Face's transformers opens by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor, nn

from armillary.core.errors import MissingExtraError
from armillary.core.files import write_json, write_text
from armillary.export.base import EXPORTERS, Exporter
from armillary.export.card import exported_card
from armillary.export.huggingface_files import (
    generation_config,
    marian_config,
    save_tokenizer,
    t5_config,
    tokenizer_config,
)
from armillary.export.huggingface_weights import as_marian, as_t5
from armillary.export.parity import Parity
from armillary.inference import Model
from armillary.models.generation import Writing
from armillary.models.layers.block import BlockConfig, TransformerBlock
from armillary.models.layers.positions import Sinusoidal
from armillary.models.signature import Signature
from armillary.models.transformer.encoder_decoder import EncoderDecoder
from armillary.models.transformer.stack import Stack
from armillary.tasks.sequence_to_sequence import SequenceToSequence
from armillary.tasks.writers import BATCH_TOKENS, Tokens, by_length, padded
from armillary.training.finished import WEIGHTS
from armillary.training.weights import write_tensors

TOLERANCE = 1e-4  # of ln p of a token [nats]

USE = """\
## Use

In Python, with transformers (a text is one line; longer ones than {length} tokens are cut):

```python
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(FOLDER)
model = AutoModelForSeq2SeqLM.from_pretrained(FOLDER)
inputs = tokenizer(["..."], return_tensors="pt", padding=True, truncation=True)
print(tokenizer.batch_decode(model.generate(**inputs), skip_special_tokens=True))
```

`ct2-transformers-converter --model FOLDER --output_dir OUT` makes a CTranslate2 model of it."""


@EXPORTERS.register("huggingface")
@dataclass(frozen=True, kw_only=True)
class HuggingFace(Exporter):
    """A folder for AutoModelForSeq2SeqLM and AutoTokenizer: T5, or Marian where norms come last."""

    kind: ClassVar[str] = "huggingface"

    def refusal(self, module: nn.Module) -> str:
        if not isinstance(module, EncoderDecoder):
            return "it takes encoder-decoder Transformers (model=transformer or model=classic-transformer)"
        wanted = [f"model.{name}={value}" for name, value, fine in _asked_of(module) if not fine]
        return f"it has no class for such a model; train with {' '.join(wanted)}" if wanted else ""

    def write(self, model: Model, task: SequenceToSequence, folder: Path) -> None:
        module = cast("EncoderDecoder", model.module)
        shape, weights = as_huggingface(module, model.config.model.signature)
        writing = generation_config(task.writing, task.max_target, task.learnt_tokenizer.end_of_text)
        write_tensors(folder / WEIGHTS, weights)
        write_json(folder / "config.json", shape)
        write_json(folder / "generation_config.json", writing)
        write_json(folder / "tokenizer_config.json", tokenizer_config(task.max_source))
        save_tokenizer(task.learnt_tokenizer, folder)
        card = exported_card(model, "transformers", USE.format(length=task.max_source))
        write_text(folder / "README.md", card)

    def opened(self, folder: Path, task: SequenceToSequence) -> HuggingFaceModel:
        return HuggingFaceModel(folder, task)

    def difference(self, parity: Parity) -> str:
        c = parity
        if c.largest_difference > TOLERANCE:
            return f"ln p of a token by {c.largest_difference:.2g}, {TOLERANCE:g} is allowed"
        if min(c.equal_greedy, c.equal_beams) < 1:
            return (
                f"{c.equal_greedy:.1%} of greedy texts are equal, {c.equal_beams:.1%} of n_beams={c.n_beams}"
            )
        return ""


class HuggingFaceModel:
    """An exported folder, opened by transformers, in double precision: no rounding tells the two apart."""

    precision = torch.float64
    early_stopping = None

    def __init__(self, folder: Path, task: SequenceToSequence) -> None:
        try:
            import transformers
        except ImportError as error:
            raise MissingExtraError("export to huggingface", "transformers", "export") from error
        self._transformers: Any = transformers
        self._task = task
        self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder)
        with _without_progress(transformers.utils.logging):
            model: Any = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder)
        self._model = model.eval().double()

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """See ``export.parity.Exported``."""
        rows = self._tokenizer(list(texts), truncation=True)["input_ids"]
        return [np.array(row) for row in rows]

    def log_probs(
        self, rows: Sequence[Tokens], targets: Sequence[Tokens]
    ) -> list[Float64[np.ndarray, " target"]]:
        """See ``export.parity.Exported``."""

        def asked(places: list[int]) -> list[Float64[np.ndarray, " target"]]:
            wanted = padded([targets[i] for i in places])[0]
            before = torch.roll(wanted, 1, dims=1)
            before[:, 0] = self._model.config.decoder_start_token_id
            with torch.inference_mode():
                logits = self._model(**self._inputs(rows, places), decoder_input_ids=before).logits
            scores = logits.log_softmax(-1).gather(2, wanted[..., None])[..., 0].numpy()
            return [row[: len(targets[i])] for i, row in zip(places, scores, strict=True)]

        return by_length([len(row) for row in rows], BATCH_TOKENS, asked)

    def best(self, rows: Sequence[Tokens], writing: Writing) -> list[list[int]]:
        """See ``export.parity.Exported``."""
        stop = self._model.config.eos_token_id
        settings = generation_config(writing, self._task.max_target, stop)
        config = self._transformers.GenerationConfig(**settings)

        def written(places: list[int]) -> list[list[int]]:
            found = self._model.generate(**self._inputs(rows, places), generation_config=config)[
                :, 1:
            ].tolist()
            return [row[: row.index(stop)] if stop in row else row for row in found]

        return by_length([len(row) for row in rows], BATCH_TOKENS, written)

    def _inputs(self, rows: Sequence[Tokens], places: Sequence[int]) -> dict[str, Tensor]:
        asked = [rows[i] for i in places]
        real = [np.ones(len(row), np.int64) for row in asked]
        return {"input_ids": padded(asked)[0], "attention_mask": padded(real)[0]}


def as_huggingface(module: EncoderDecoder, signature: Signature) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return (``config.json``, weights) of what ``module`` is in transformers."""
    blocks = _block(module.encoder), _block(module.decoder)
    if _block(module.encoder).norm_first:
        return t5_config(*blocks, signature), as_t5(module)
    shape = marian_config(*blocks, signature)
    return shape, as_marian(module, shape["max_position_embeddings"])


def _asked_of(module: EncoderDecoder) -> list[tuple[str, str, bool]]:
    """Return what T5, or Marian where norms come last, asks of a model: field, value, whether it is so."""
    c, stack = _block(module.encoder), module.encoder
    asked = [("copy", "false", module.copy_head is None)]
    if c.norm_first:
        return [
            *asked,
            ("positions", "relative", stack.relative is not None),
            ("norm", "rms", c.norm == "rms"),
            ("activation", "swiglu", c.activation == "swiglu"),
            ("bias", "false", not c.bias),
        ]
    return [
        *asked,
        ("positions", "sinusoidal", isinstance(stack.positions, Sinusoidal)),
        ("norm", "layer", c.norm == "layer"),
        ("activation", "relu", c.activation != "swiglu"),
    ]


@contextlib.contextmanager
def _without_progress(logging: Any) -> Iterator[None]:
    """Silence the bar that transformers shows while it reads weights."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _block(stack: Stack) -> BlockConfig:
    return cast("TransformerBlock", stack.blocks[0]).config
