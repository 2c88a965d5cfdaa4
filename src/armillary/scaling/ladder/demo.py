"""The ladder of `armillary demo`: language models on the Python standard library's own text.

The regime was found by measurement, so that a law holds by its own back-test in minutes of two cores:
a small subword vocabulary, short windows, few tokens a step and therefore thousands of steps.
"""

from __future__ import annotations

from armillary.data.sources import SOURCES
from armillary.data.tokenizers import BPEConfig
from armillary.models import MODELS
from armillary.recipes.registry import FAMILIES
from armillary.scaling.ladder.config import HeldOut, LadderConfig
from armillary.tasks.text_generation import TextGeneration
from armillary.training.config import RunConfig

VOCABULARY = 512  # subwords; with 1,024 the ability to copy comes later and bends the curve
CONTEXT = 64  # tokens
BATCH = 8  # windows a step: at this size many small steps beat few large ones
SIZES = (2.6e4, 4.2e4, 8e4, 1.3e5)  # parameters
TOKENS = (2**19, 2**20)  # from 1,024 steps up: shorter runs bend the law
# Over four times the compute of the largest fitted, for the two best families: one for each core.
HELD_OUT = HeldOut(size=2.8e5, n_tokens=2**21, families=2)


def demo_ladder(seed: int = 0) -> LadderConfig:
    """Return the ladder; ``seed`` decides initial weights and the order of the data."""
    task = TextGeneration(
        source=SOURCES["stdlib"](), tokenizer=BPEConfig(vocab_size=VOCABULARY), context=CONTEXT
    )
    base = RunConfig(
        task=task,
        model=MODELS["transformer"](),
        batch_size=BATCH,
        seed=seed,
        precision="32-true",
        evaluations=4,
        checkpoints=2,
    )
    return LadderConfig(
        name="demo", base=base, families=FAMILIES, sizes=SIZES, n_tokens=TOKENS, held_out=HELD_OUT
    )
