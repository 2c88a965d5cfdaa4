"""Writing with an encoder-decoder on a CPU: ours, transformers' generate, CTranslate2.

Equal work: the same weights, which go over by our own exports; greedy and with 4 beams, one source and 32 at
a time; all cores.  With ``--run`` a trained run writes what it writes for sentences of its test split, as
long as they are, those of similar length together.  Without, an untrained model of about 10 million
parameters, T5 (our default) or Marian, writes 32 tokens for 32, whatever they are.  transformers runs its
fastest attention and its key-value cache, growing or of fixed size.  CTranslate2, a runtime of its own, in
C++, is there as what ``--engine ctranslate2`` runs: in int8, and in float32 beside it.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from armillary.data.sources import SOURCES
from armillary.data.tokenizers import BPEConfig, Tokenizer
from armillary.export.huggingface import as_huggingface
from armillary.export.huggingface_files import generation_config
from armillary.inference import CTranslate2Writer, ctranslate2_format, open_model
from armillary.models.generation import Writing
from armillary.models.layers.padding import real_positions
from armillary.models.layers.product import FixedWeights
from armillary.models.signature import Signature
from armillary.models.transformer import TransformerConfig
from armillary.models.transformer.encoder_decoder import EncoderDecoder
from armillary.tasks.text_generation import TextGeneration
from armillary.tasks.translation import Translation
from armillary.tasks.writers import TorchWriter, Writer, padded
from benchmarks.pairs import LAYERS, SIGNATURE, VOCABULARY, WIDTH, Ids, model_config
from benchmarks.race import Contender, Result, race, timed

TOKENS = 32  # in and out
BATCHES, BEAMS = (1, 32), (1, 4)
STOP = VOCABULARY - 1
SENTENCES = 128  # of a run's test split; one at a time, a quarter of them
SETTLED = 512  # tokens that a lap writes for each beam, at least
ROUNDS = 5
QUANTIZATIONS = "float32", "int8"


@dataclass(frozen=True)
class Results:
    """What the races measured."""

    races: tuple[Result, ...]

    def markdown(self) -> str:
        """Return a table for each."""
        return "\n".join(result.markdown() for result in self.races)


@dataclass(frozen=True)
class Work:
    """A model and what it is to write."""

    model: EncoderDecoder
    signature: Signature
    tokenizer: Tokenizer
    stop: int
    rows: tuple[Ids, ...]
    n_tokens: int | None = None  # that each row has to become; none: what the model makes of it

    def batches(self, n: int) -> list[list[Ids]]:
        """Return what is read, ``n`` at a time: one batch where all are alike, or else all sentences."""
        rows = list(self.rows[:n] if self.n_tokens else self.rows[:: 4 if n == 1 else 1])
        return [rows[start : start + n] for start in range(0, len(rows), n)]

    def writing(self, n_beams: int) -> Writing:
        """Return how it is written."""
        if self.n_tokens is None:
            return Writing(n_beams=n_beams)
        return Writing(n_beams=n_beams, min_tokens=self.n_tokens - 1, max_tokens=self.n_tokens)


def untrained(form: str) -> Work:
    """Return the work of a fresh model: "t5", the default form, or "marian", the paper's."""
    torch.manual_seed(0)
    config = model_config(0.0) if form == "marian" else TransformerConfig(d_model=WIDTH, n_layers=LAYERS)
    model = cast("EncoderDecoder", config.fit_to(SIGNATURE).build()).eval()
    rng = np.random.default_rng(0)
    rows = [np.append(rng.integers(0, STOP, TOKENS - 1), STOP) for _ in range(max(BATCHES))]
    tokenizer = TextGeneration(source=SOURCES["stdlib"](), tokenizer=BPEConfig(vocab_size=VOCABULARY))
    return Work(model, SIGNATURE, tokenizer.learnt_tokenizer, STOP, tuple(rows), TOKENS)


def trained(run: Path) -> Work:
    """Return the work of a run: sentences of its test split, the short before the long."""
    opened = open_model(run)
    task = cast("Translation", opened.task)
    texts = [pair.source for pair in task.source.split("test")[:SENTENCES]]
    rows = sorted((row.astype(np.int64) for row in task.encode(texts)), key=len)
    fitting = tuple(row for row in rows if len(row) <= task.max_source)
    tokenizer = task.learnt_tokenizer
    model = cast("EncoderDecoder", opened.module)
    return Work(model, task.signature(), tokenizer, tokenizer.end_of_text, fitting)


def written(writer: Writer, work: Work, n: int, n_beams: int) -> list[list[int]]:
    """Return what ``writer`` makes of the rows, without the end mark."""
    writing, limit = work.writing(n_beams), work.signature.target_length
    with FixedWeights(work.model).used():
        found = [writer.write_all(batch, writing, work.stop, limit) for batch in work.batches(n)]
    return [best[0].tokens for batch in found for best in batch]


def generated(library: Any, work: Work, n: int, n_beams: int, **settings: Any) -> list[list[int]]:
    """Return what transformers' generate makes of the rows, without the end mark."""
    import transformers

    limit = work.n_tokens or work.signature.target_length
    told = generation_config(work.writing(n_beams), limit, work.stop) | settings
    config = transformers.GenerationConfig(**told)
    texts = []
    for batch in work.batches(n):
        inputs, lengths = padded(batch)
        mask = real_positions(lengths, inputs.shape[1])
        mask = torch.ones_like(inputs) if mask is None else mask.long()
        found = library.generate(input_ids=inputs, attention_mask=mask, generation_config=config)
        texts += [row[1:] for row in found.tolist()]
    return [text[: text.index(work.stop)] if work.stop in text else text for text in texts]


def of_transformers(work: Work) -> Any:
    """Return the model of transformers that ours is, with its weights, as our export has it."""
    import transformers

    shape, weights = as_huggingface(work.model, work.signature)
    library = getattr(transformers, shape["architectures"][0])(
        getattr(transformers, "MarianConfig" if shape["model_type"] == "marian" else "T5Config")(**shape)
    )
    library.load_state_dict(weights, strict=False)
    library.tie_weights()
    return library.eval()


def contenders(work: Work, engines: Engines, n: int, n_beams: int) -> list[Contender]:
    """Return all that write, ours first."""
    library = of_transformers(work)
    ours = TorchWriter(work.model)

    def lap_of_ours(steps: int) -> None:
        for _ in range(steps):
            written(ours, work, n, n_beams)

    def lap_of_theirs(steps: int, **settings: Any) -> None:
        for _ in range(steps):
            generated(library, work, n, n_beams, **settings)

    fixed = functools.partial(lap_of_theirs, cache_implementation="static")
    return [
        Contender("Armillary", timed(lap_of_ours)),
        Contender("transformers' generate, growing cache", timed(lap_of_theirs)),
        Contender("transformers' generate, fixed cache", timed(fixed)),
        *(Contender(f"CTranslate2, {name}", engines.lap(name, n, n_beams)) for name in QUANTIZATIONS),
    ]


class Engines:
    """CTranslate2, in a process of its own: where it has run once, torch has half its speed from then on."""

    def __init__(self, make: Callable[[], Work]) -> None:
        self._make = make
        self._process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    def lap(self, quantization: str, n: int, n_beams: int) -> Callable[[int], float]:
        """Return a lap, timed over there."""
        asked = _timed_there, self._make, quantization, n, n_beams
        return lambda steps: self._process.submit(*asked, steps).result()

    def close(self) -> None:
        """End the process."""
        self._process.shutdown()


def _timed_there(make: Callable[[], Work], quantization: str, n: int, n_beams: int, steps: int) -> float:
    work, writers = _there(make)

    def lap(steps: int) -> None:
        for _ in range(steps):
            written(writers[quantization], work, n, n_beams)

    return timed(lap)(steps)


@functools.cache
def _there(make: Callable[[], Work]) -> tuple[Work, dict[str, CTranslate2Writer]]:
    work, writers = make(), {}
    with tempfile.TemporaryDirectory() as name:
        for quantization in QUANTIZATIONS:
            (folder := Path(name) / quantization).mkdir()
            ctranslate2_format.write(work.model, work.tokenizer, folder, quantization)
            writers[quantization] = CTranslate2Writer(folder, work.tokenizer)
    return work, writers


def main(options: Sequence[str] = ()) -> Results:
    """Race them at each size of batch, greedy and with beams."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks decoding")
    parser.add_argument("--run", type=Path, help="a finished run, which writes for its own test split")
    parser.add_argument("--batch", type=int, nargs="+", default=BATCHES, help="sources at a time")
    parser.add_argument("--beams", type=int, nargs="+", default=BEAMS)
    parser.add_argument("--form", choices=("t5", "marian"), default="t5", help="of an untrained model")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(options)
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    make = functools.partial(trained, asked.run) if asked.run else functools.partial(untrained, asked.form)
    work, engines = make(), Engines(make)
    races = [_race(work, engines, n, n_beams, asked.rounds) for n in asked.batch for n_beams in asked.beams]
    engines.close()
    return Results(tuple(races))


def _race(work: Work, engines: Engines, n: int, n_beams: int, rounds: int) -> Result:
    search = f"{n_beams} beams" if n_beams > 1 else "greedy"
    ours = written(TorchWriter(work.model), work, n, n_beams)
    theirs = generated(of_transformers(work), work, n, n_beams)
    n_equal = sum(mine == other for mine, other in zip(ours, theirs, strict=True))
    n_tokens = sum(len(text) + 1 for text in ours)
    return race(
        f"Writing, {search}, {n} at a time; {n_equal} of {len(ours)} texts equal to transformers'",
        "tokens",
        contenders(work, engines, n, n_beams),
        units_per_step=n_tokens,
        steps=max(2, SETTLED // n_tokens),
        rounds=rounds,
    )
