"""Drawing images from captions: how fast each family learns, and how fast it draws.

Learning is raced against a plain PyTorch loop around the same module: random batches of images and
captions in memory, the fused AdamW, clipping, float32, all cores.  What differs is the loop alone.  Drawing
has no peer on equal terms; it is told in images a second, one at a time and many together.  Weights are
random, on which speed does not depend.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from armillary.recipes import experiment
from armillary.tasks.text_to_image import TextToImage
from armillary.training.config import RunConfig
from armillary.training.learner import Learner
from armillary.training.machine import tune_machine
from armillary.training.parallel import fabric_for
from armillary.training.rules import resolved
from benchmarks.race import Contender, Result, race, timed

FAMILIES = ("flow-transformer", "flow-cnn", "autoregressive", "gan")
MANY = 32  # images that are drawn together
STEPS, ROUNDS = 10, 5


@dataclass(frozen=True)
class Drawn:
    """How fast a family learns and draws."""

    family: str
    n_params: int
    learning: Result
    alone: float  # images a second, one at a time
    together: float  # images a second, ``MANY`` at a time


@dataclass(frozen=True)
class Results:
    """What the races measured."""

    source: str
    drawn: tuple[Drawn, ...]

    def markdown(self) -> str:
        """Return the race of learning of each family, then a table of drawing."""
        lines = [
            f"### Drawing images of {self.source}\n",
            f"| family | parameters | images/s, one at a time | {MANY} at a time |",
            "|---|---:|---:|---:|",
            *(
                f"| {each.family} | {each.n_params:,} | {each.alone:,.1f} | {each.together:,.1f} |"
                for each in self.drawn
            ),
        ]
        return "\n".join([*(each.learning.markdown() for each in self.drawn), *lines]) + "\n"


def our_steps(config: RunConfig) -> Contender:
    """Return our training step, its batch included; judging what a run has learnt is not training."""
    tune_machine()
    learner = Learner(config, fabric_for(config))
    batches = config.task.training_batches(config.batch_size or 1, config.seed)
    count = itertools.count()

    def steps(n: int) -> None:
        for step in itertools.islice(count, n):
            learner.step(step, config.optim.lr or 1e-3, batches[step])
        learner.read()

    return Contender("Armillary", timed(steps))


def plain_loop(config: RunConfig) -> Contender:
    """Return a plain loop around the model of ``config``."""
    torch.manual_seed(0)
    task, model = cast("TextToImage", config.task), config.model.build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    images, size = task.images("train"), config.batch_size or 1
    rows = task.encode([example.caption for example in task.source.split("train")])
    lengths = torch.tensor([len(row) for row in rows])
    captions = nn.utils.rnn.pad_sequence([torch.as_tensor(row).long() for row in rows], batch_first=True)
    captions = nn.functional.pad(captions, (0, task.max_caption - captions.shape[1]))

    def steps(n: int) -> None:
        for _ in range(n):
            chosen = torch.randint(len(images), (size,))
            model(images[chosen], captions[chosen], lengths[chosen]).backward()
            nn.utils.clip_grad_norm_(model.parameters(), config.optim.clip or torch.inf)
            optimizer.step()
            optimizer.zero_grad()

    return Contender("plain PyTorch loop, the same module", timed(steps))


def images_a_second(config: RunConfig, at_a_time: int, rounds: int) -> float:
    """Return the median speed of drawing so many images together, after one round of warm-up."""
    task, model = cast("TextToImage", config.task), config.model.build()
    captions = [example.caption for example in task.source.split("test")[:at_a_time]]
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        task.drawn(model, captions, task.drawing)
        seconds.append(time.perf_counter() - start)
    return len(captions) / statistics.median(seconds[1:])


def drawn_by(family: str, source: str, size: str | None, steps: int, rounds: int) -> Drawn:
    """Race one family."""
    fields = [
        f"model={family}",
        f"task.source={source}",
        "batch_size=64",
        *([f"size={size}"] if size else []),
    ]
    config = resolved(experiment("text-to-image", [*fields, "precision=32-true", "ema=0"]))
    title = f"{family} of {config.model.n_params / 1e3:.0f}k parameters, learning {source}"
    contenders = [our_steps(config), plain_loop(config)]
    learning = race(title, "images", contenders, units_per_step=64, steps=steps, rounds=rounds)
    speeds = [images_a_second(config, n, rounds) for n in (1, MANY)]
    return Drawn(family, config.model.n_params, learning, *speeds)


def main(options: Sequence[str] = ()) -> Results:
    """Race the families."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks drawing")
    parser.add_argument("--source", default="captioned-digits", help="see: armillary list sources")
    parser.add_argument("--families", nargs="+", default=list(FAMILIES), choices=FAMILIES)
    parser.add_argument("--size", help="parameters; those of each family's recipe by default")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of a lap")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(options)
    drawn = [drawn_by(name, asked.source, asked.size, asked.steps, asked.rounds) for name in asked.families]
    return Results(asked.source, tuple(drawn))
