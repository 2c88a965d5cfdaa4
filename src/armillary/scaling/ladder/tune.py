"""Bracket the best learning rate at the smallest sizes and transfer it to the others.

The rule says how the learning rate falls with size; what it cannot know is the constant for this task
and this data.  At the two smallest sizes short runs are trained at rising and falling multiples of the
rule's rate until the best lies inside the range, a parabola through log rate against loss gives the
optimum, and the geometric mean of the two multiples scales the rule at every size.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from armillary.core.units import format_count
from armillary.runs.run import Run
from armillary.scaling.ladder.config import LadderConfig
from armillary.scaling.ladder.progress import LadderProgress
from armillary.scaling.ladder.rungs import Rung, fitted_rungs
from armillary.training.progress import Silent
from armillary.training.trainer import train

FACTOR = 2.0  # between two learning rates that are tried
WIDEST = 5  # factors away from the rule's rate that are tried at most
SIZES = 2  # smallest sizes that are tried


def tune(ladder: LadderConfig, folder: Path, progress: LadderProgress) -> dict[str, float]:
    """Return, by family, what to multiply the rule's learning rate by.  Finished trials are kept."""
    scales = {}
    for family in ladder.families:
        small = ladder.replace(families=(family,), sizes=tuple(sorted(ladder.sizes))[:SIZES])
        shortest = small.replace(n_tokens=(min(ladder.n_tokens),))
        best = [_best_multiple(rung, folder, progress) for rung in fitted_rungs(shortest)]
        scales[family] = math.exp(float(np.mean(np.log(best))))
        progress.say(f"learning rate of {family}: {scales[family]:.2f} times the rule's")
    return scales


def _best_multiple(rung: Rung, folder: Path, progress: LadderProgress) -> float:
    """Return the multiple of the rule's learning rate with the lowest loss."""
    losses = {k: _loss(rung, k, folder, progress) for k in (-1, 0, 1)}
    while True:
        best = min(losses, key=lambda k: losses[k])
        if min(losses) < best < max(losses) or abs(best) >= WIDEST:
            return float(FACTOR ** vertex(losses, best))
        beyond = best + (1 if best == max(losses) else -1)
        losses[beyond] = _loss(rung, beyond, folder, progress)


def vertex(losses: dict[int, float], best: int) -> float:
    """Return where a parabola through ``best`` and its neighbours is lowest; ``best`` if one is missing."""
    if best - 1 not in losses or best + 1 not in losses:
        return float(best)
    left, middle, right = losses[best - 1], losses[best], losses[best + 1]
    curvature = left - 2 * middle + right
    return best + 0.5 * (left - right) / curvature if curvature > 0 else float(best)


def _loss(rung: Rung, k: int, folder: Path, progress: LadderProgress) -> float:
    """Return the loss of ``rung`` trained at FACTOR**k times its learning rate."""
    optim = rung.config.optim
    assert optim.lr is not None
    config = rung.config.replace(optim=optim.replace(lr=optim.lr * FACTOR**k))
    path = folder / f"{rung.name}-x{FACTOR**k:g}"
    run = Run.open(path) if (path / "run.json").exists() else None
    if run is None or not run.finished:
        run = train(config, path, resume=run is not None, progress=Silent())
    size = format_count(rung.n_params)
    progress.say(
        f"tuning {rung.family} {size}: learning rate {config.optim.lr:.2g} gives {run.summary.loss:.4f}"
    )
    return run.summary.loss
