"""Writing with an encoder-decoder of about 10 million parameters on a CPU: ours, transformers, CTranslate2.

Equal work: the same weights, which go over by our own exports, as T5 (our default) or as Marian; 32 tokens
in, 32 out, whatever they are; greedy and with 4 beams, one source and 32 at a time; all cores.  transformers
runs its fastest attention and its key-value cache, growing or of fixed size.  CTranslate2, a runtime of its
own, in C++, is there as what ``--engine ctranslate2`` runs: in int8, and in float32 beside it.
"""

from __future__ import annotations

import argparse
import functools
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from armillary.data.sources import SOURCES
from armillary.data.tokenizers import BPEConfig, Tokenizer
from armillary.export.huggingface import as_huggingface
from armillary.export.huggingface_files import generation_config
from armillary.inference import CTranslate2Writer, ctranslate2_format
from armillary.models.generation import Writing
from armillary.models.transformer import TransformerConfig
from armillary.models.transformer.encoder_decoder import EncoderDecoder
from armillary.tasks.text_generation import TextGeneration
from armillary.tasks.writers import TorchWriter, Writer
from benchmarks.pairs import LAYERS, LONGEST, SIGNATURE, VOCABULARY, WIDTH, Ids, model_config
from benchmarks.race import Contender, Result, race, timed

TOKENS = 32  # in and out
BATCHES, BEAMS = (1, 32), (1, 4)
STOP = VOCABULARY - 1
SETTLED = 512  # tokens that a lap writes for each beam, at least
ROUNDS = 5


@dataclass(frozen=True)
class Results:
    """What the races measured."""

    races: tuple[Result, ...]

    def markdown(self) -> str:
        """Return a table for each."""
        return "\n".join(result.markdown() for result in self.races)


@functools.cache
def sources(n: int) -> list[Ids]:
    """Return ``n`` sources of random tokens, the end mark behind: speed does not depend on what they are."""
    rng = np.random.default_rng(0)
    return [np.append(rng.integers(0, STOP, TOKENS - 1), STOP) for _ in range(n)]


def tokenizer() -> Tokenizer:
    """Return some tokenizer of the right size, for a format that spells its vocabulary out."""
    return TextGeneration(
        source=SOURCES["stdlib"](), tokenizer=BPEConfig(vocab_size=VOCABULARY)
    ).learnt_tokenizer


def written(writer: Writer, n: int, writing: Writing) -> Callable[[int], float]:
    """Return a lap that lets ``writer`` answer ``n`` sources, again and again."""
    rows = sources(n)

    def steps(laps: int) -> None:
        for _ in range(laps):
            found = writer.write_all(rows, writing, STOP, LONGEST)
            assert len(found) == n
            assert min(len(best[0].tokens) for best in found) >= TOKENS - 1

    return timed(steps)


def generated(library: Any, n: int, writing: Writing, **settings: Any) -> Callable[[int], float]:
    """Return a lap of transformers' generate on the same sources."""
    import transformers

    inputs = torch.from_numpy(np.stack(sources(n)))
    mask = torch.ones_like(inputs)
    told = generation_config(writing, TOKENS, STOP) | settings
    config = transformers.GenerationConfig(**told)

    def steps(laps: int) -> None:
        for _ in range(laps):
            found = library.generate(input_ids=inputs, attention_mask=mask, generation_config=config)
            assert found.shape == (n, TOKENS + 1)

    return timed(steps)


def fresh_model(form: str) -> EncoderDecoder:
    """Return our model, untrained: "t5", the default form, or "marian", the paper's."""
    torch.manual_seed(0)
    config = model_config(0.0) if form == "marian" else TransformerConfig(d_model=WIDTH, n_layers=LAYERS)
    return cast("EncoderDecoder", config.fit_to(SIGNATURE).build()).eval()


def of_transformers(model: EncoderDecoder) -> Any:
    """Return the model of transformers that ``model`` is, with its weights, as our export has it."""
    import transformers

    shape, weights = as_huggingface(model, SIGNATURE)
    library = getattr(transformers, shape["architectures"][0])(
        getattr(transformers, "MarianConfig" if shape["model_type"] == "marian" else "T5Config")(**shape)
    )
    library.load_state_dict(weights, strict=False)
    library.tie_weights()
    return library.eval()


def contenders(model: EncoderDecoder, folder: Path, n: int, n_beams: int) -> list[Contender]:
    """Return all that write, ours first."""
    writing = Writing(n_beams=n_beams, min_tokens=TOKENS - 1, max_tokens=TOKENS)
    library = of_transformers(model)
    engines = {
        quantization: CTranslate2Writer(folder / quantization, tokenizer())
        for quantization in ("float32", "int8")
    }
    return [
        Contender("Armillary", written(TorchWriter(model), n, writing)),
        Contender("transformers' generate, growing cache", generated(library, n, writing)),
        Contender(
            "transformers' generate, fixed cache",
            generated(library, n, writing, cache_implementation="static"),
        ),
        *(Contender(f"CTranslate2, {name}", written(engine, n, writing)) for name, engine in engines.items()),
    ]


def main(options: Sequence[str] = ()) -> Results:
    """Race them at each size of batch, greedy and with beams."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks decoding")
    parser.add_argument("--batch", type=int, nargs="+", default=BATCHES, help="sources at a time")
    parser.add_argument("--beams", type=int, nargs="+", default=BEAMS)
    parser.add_argument("--form", choices=("t5", "marian"), default="t5")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(options)
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    model = fresh_model(asked.form)
    with tempfile.TemporaryDirectory() as name:
        for quantization in ("float32", "int8"):
            (folder := Path(name) / quantization).mkdir()
            ctranslate2_format.write(model, tokenizer(), folder, quantization)
        races = [
            _race(model, Path(name), n, n_beams, asked.rounds) for n in asked.batch for n_beams in asked.beams
        ]
    return Results(tuple(races))


def _race(model: EncoderDecoder, folder: Path, n: int, n_beams: int, rounds: int) -> Result:
    search = f"{n_beams} beams" if n_beams > 1 else "greedy"
    return race(
        f"Writing, {search}, {n} at a time",
        "tokens",
        contenders(model, folder, n, n_beams),
        units_per_step=n * TOKENS,
        steps=max(2, SETTLED // (n * TOKENS)),
        rounds=rounds,
    )
