"""Translation and summarization through CTranslate2, in int8: the same weights, several times as fast."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor, nn

from armillary.core.errors import CheckpointError, ConfigError
from armillary.core.files import atomic_path
from armillary.data.cache import cache_folder, content_hash
from armillary.data.tokenizers import Tokenizer
from armillary.inference import ctranslate2_format
from armillary.inference.engines import ENGINES, named_device, torch_engine, unusable
from armillary.models.generation import Writing, Written
from armillary.models.sequences import SequenceModel
from armillary.models.transformer.encoder_decoder import EncoderDecoder
from armillary.tasks.sequence_to_sequence import SequenceToSequence
from armillary.tasks.writers import BATCH_TOKENS, Tokens
from armillary.training.finished import WEIGHTS

if TYPE_CHECKING:
    from armillary.inference.model import Model


class CTranslate2Writer:
    """A ``tasks.writers.Writer``: the model in a folder, searched by CTranslate2.

    Its beam search always stops a source at ``n_beams`` whole texts, as ours does with ``early_stopping``;
    without, ours goes on while a better one can come.  Tokens that ``min_tokens`` and ``no_repeat_ngram``
    forbid are taken out before its probabilities are made to sum to 1, and after in ours.
    """

    def __init__(self, folder: Path, tokenizer: Tokenizer, device: str = "cpu") -> None:
        """Open the model in ``folder``; CheckpointError when it cannot be read."""
        named = named_device(device)
        self._spelled = np.array(tokenizer.spelled(), dtype=object)
        self._ids = {token: i for i, token in enumerate(self._spelled)}
        ctranslate2 = ctranslate2_format.installed()
        n_threads = torch.get_num_threads()
        try:
            self._translator = ctranslate2.Translator(
                str(folder),
                device=named.type,
                device_index=named.index or 0,
                # One core for a batch, and batches side by side: two cores on one small product wait for
                # each other (a twelfth of the speed, measured), and slow torch's own threads down as well.
                intra_threads=1,
                inter_threads=n_threads,
            )
        except ValueError as error:  # no such device
            raise unusable(device, error) from error
        except RuntimeError as error:
            raise CheckpointError(
                f"cannot read {folder}: {error}; delete it, and it is made again"
            ) from error
        finally:
            torch.set_num_threads(n_threads)  # which that has changed for the whole process

    def write_all(
        self, rows: Sequence[Tokens], writing: Writing, stop: int, max_tokens: int
    ) -> list[list[Written]]:
        """See ``tasks.writers.Writer``.  ConfigError for texts that are drawn."""
        if writing.samples:
            raise ConfigError(
                f"temperature={writing.temperature} draws texts, the engine ctranslate2 searches for them; "
                "set temperature=0, or the engine torch"
            )
        assert self._spelled[stop] == self._spelled[-1], "the end mark is the last id of a vocabulary"
        results = self._translator.translate_batch(
            [self._spelled[row].tolist() for row in rows],
            beam_size=writing.n_beams,
            num_hypotheses=writing.n_best,
            length_penalty=writing.length_penalty,
            no_repeat_ngram_size=writing.no_repeat_ngram,
            min_decoding_length=writing.min_tokens,
            max_decoding_length=writing.limit(max_tokens),
            max_input_length=0,
            max_batch_size=BATCH_TOKENS,
            batch_type="tokens",
            return_scores=True,
        )
        return [[self._written(*best) for best in zip(r.hypotheses, r.scores, strict=True)] for r in results]

    def log_probs(
        self, rows: Sequence[Tokens], targets: Sequence[Tokens]
    ) -> list[Float32[np.ndarray, " target"]]:
        """Return ln p of each token of each target, given its row; a target ends with its end mark."""
        scored = self._translator.score_batch(
            [self._spelled[row].tolist() for row in rows],
            [self._spelled[target[:-1]].tolist() for target in targets],  # it adds the end mark itself
            max_input_length=0,
            max_batch_size=BATCH_TOKENS,
            batch_type="tokens",
        )
        return [np.array(one.log_probs, np.float32) for one in scored]

    def _written(self, tokens: Sequence[str], score: float) -> Written:
        return Written([self._ids[token] for token in tokens], float(score))


class CTranslate2Module(nn.Module):
    """A module whose texts are written by CTranslate2; losses and alignments are those of the module."""

    def __init__(self, module: nn.Module, writer: CTranslate2Writer) -> None:
        super().__init__()
        self.module = module
        self.writer = writer

    def forward(
        self,
        inputs: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"] | None,
        targets: Int[Tensor, "batch target"],
    ) -> Float[Tensor, "batch target vocab_size"]:
        """See ``models.sequences.SequenceModel``."""
        scores: Tensor = self.module(inputs, lengths, targets)
        return scores

    def alignment(
        self,
        inputs: Int[Tensor, "batch source"],
        lengths: Int[Tensor, " batch"] | None,
        targets: Int[Tensor, "batch target"],
    ) -> Float[Tensor, "batch target source"]:
        """See ``models.sequences.SequenceModel``."""
        return cast("SequenceModel", self.module).alignment(inputs, lengths, targets)

    def write_all(
        self, rows: Sequence[Tokens], writing: Writing, stop: int, max_tokens: int
    ) -> list[list[Written]]:
        """See ``tasks.writers.Writer``."""
        return self.writer.write_all(rows, writing, stop, max_tokens)


@ENGINES.register("ctranslate2")
def ctranslate2_engine(model: Model, device: str) -> nn.Module:
    """Return the module of ``model`` with its texts written in int8; ConfigError when it cannot be."""
    if reason := ctranslate2_format.refusal(model.module):
        raise ConfigError(f"the engine ctranslate2 cannot run {model.run.path}: {reason}; or ask without it")
    tokenizer = cast("SequenceToSequence", model.task).learnt_tokenizer
    folder = kept_conversion(model, cast("EncoderDecoder", model.module), tokenizer)
    return CTranslate2Module(torch_engine(model, device), CTranslate2Writer(folder, tokenizer, device))


def kept_conversion(model: Model, module: EncoderDecoder, tokenizer: Tokenizer) -> Path:
    """Return the folder of ``model`` in int8: made at first use, again when the weights are others."""
    key = content_hash(_what_decides(model, tokenizer))
    folder = cache_folder() / "ctranslate2" / key
    if not (folder / "model.bin").is_file():
        with atomic_path(folder) as part:
            part.mkdir()
            ctranslate2_format.write(module, tokenizer, part, "int8")
    return folder


def _what_decides(model: Model, tokenizer: Tokenizer) -> list[str]:
    with (model.run.path / WEIGHTS).open("rb") as file:
        weights = hashlib.file_digest(file, "blake2b").hexdigest()
    shape: dict[str, Any] = model.config.model.to_dict()
    version = str(ctranslate2_format.installed().__version__)
    return [weights, json.dumps(shape, sort_keys=True), tokenizer.fingerprint(), version]
