"""A run as a folder that CTranslate2 runs, on CPUs faster than anything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, cast

import numpy as np
import tokenizers
import torch
from jaxtyping import Float32
from torch import nn

from armillary.core.files import write_text
from armillary.data.tokenizers import FILE
from armillary.export.base import EXPORTERS, Exporter
from armillary.export.card import exported_card
from armillary.export.huggingface_files import save_tokenizer
from armillary.export.parity import Parity
from armillary.inference import CTranslate2Writer, Model, ctranslate2_format
from armillary.models.generation import Writing
from armillary.models.transformer.encoder_decoder import EncoderDecoder
from armillary.tasks.sequence_to_sequence import SequenceToSequence
from armillary.tasks.writers import Tokens

TOLERANCE = 1e-4  # of ln p of a token in float32 [nats]
LOSS_RISE = 0.02  # what rounding may cost [nats per token]
EQUAL = 0.95  # share of texts that are equal in float32: two tokens may be equally likely

USE = """\
## Use

In Python, with ctranslate2 and tokenizers (a text is one line of {length} tokens at most):

```python
import ctranslate2, tokenizers

tokenizer = tokenizers.Tokenizer.from_file("FOLDER/tokenizer.json")
tokenizer.encode_special_tokens = True  # a text that spells a mark is text
translator = ctranslate2.Translator("FOLDER")
tokens = tokenizer.encode("...").tokens
[answer] = translator.translate_batch([tokens], beam_size={n_beams}, max_decoding_length={longest})
print(tokenizer.decode([tokenizer.token_to_id(token) for token in answer.hypotheses[0]]))
```"""


@EXPORTERS.register("ctranslate2")
@dataclass(frozen=True, kw_only=True)
class CTranslate2(Exporter):
    """A folder for ctranslate2.Translator, with the tokenizer; weights in int8 unless asked otherwise."""

    kind: ClassVar[str] = "ctranslate2"
    quantization: ctranslate2_format.Quantization = "int8"  # numbers that weights are stored as

    def refusal(self, module: nn.Module) -> str:
        return ctranslate2_format.refusal(module)

    def write(self, model: Model, task: SequenceToSequence, folder: Path) -> None:
        module, tokenizer = cast("EncoderDecoder", model.module), task.learnt_tokenizer
        ctranslate2_format.write(module, tokenizer, folder, self.quantization)
        save_tokenizer(tokenizer, folder)
        use = USE.format(length=task.max_source, n_beams=task.writing.n_beams, longest=task.max_target)
        write_text(folder / "README.md", exported_card(model, "ctranslate2", use))

    def opened(self, folder: Path, task: SequenceToSequence) -> CTranslate2Model:
        return CTranslate2Model(folder, task)

    def difference(self, parity: Parity) -> str:
        c = parity
        if self.quantization != "float32":
            rise = c.exported_loss - c.loss
            too_high = f"the loss is {rise:.3f} nats per token higher, {LOSS_RISE:g} is allowed"
            return too_high if rise > LOSS_RISE else ""
        if c.largest_difference > TOLERANCE:
            return f"ln p of a token by {c.largest_difference:.2g}, {TOLERANCE:g} is allowed"
        if min(c.equal_greedy, c.equal_beams) < EQUAL:
            return (
                f"{c.equal_greedy:.1%} of greedy texts are equal, {c.equal_beams:.1%} of n_beams={c.n_beams}"
            )
        return ""


class CTranslate2Model:
    """An exported folder, opened by CTranslate2; its tokenizer by tokenizers."""

    precision = torch.float32
    early_stopping = True

    def __init__(self, folder: Path, task: SequenceToSequence) -> None:
        self._task = task
        self._writer = CTranslate2Writer(folder, task.learnt_tokenizer)
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / FILE))
        self._tokenizer.encode_special_tokens = True

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """See ``export.parity.Exported``."""
        rows = [np.array(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]
        return [self._task.read_part(row) for row in rows]

    def log_probs(
        self, rows: Sequence[Tokens], targets: Sequence[Tokens]
    ) -> list[Float32[np.ndarray, " target"]]:
        """See ``export.parity.Exported``."""
        return self._writer.log_probs(rows, targets)

    def best(self, rows: Sequence[Tokens], writing: Writing) -> list[list[int]]:
        """See ``export.parity.Exported``."""
        stop = self._task.learnt_tokenizer.end_of_text
        return [best[0].tokens for best in self._writer.write_all(rows, writing, stop, self._task.max_target)]
