"""The rungs of a ladder: which runs are trained, and which are branches of which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from armillary.core.errors import ConfigError
from armillary.core.units import format_count
from armillary.models import MODELS
from armillary.scaling.ladder.config import LadderConfig
from armillary.training.config import RunConfig
from armillary.training.flops import flops_per_step
from armillary.training.rules import resolved

Role = Literal["fit", "held-out"]


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One run of a ladder: its configuration with nothing left to derive, and its cost beforehand."""

    name: str
    family: str
    role: Role
    config: RunConfig
    trunk: str  # the rung whose stable phase it shares; its own name for the longest of a size
    n_steps: int
    n_tokens: int
    n_params: int
    train_flops: float

    def row(self) -> dict[str, object]:
        """Return what ladder.json says of the rung."""
        return {
            "name": self.name,
            "family": self.family,
            "role": self.role,
            "trunk": self.trunk,
            "n_params": self.n_params,
            "n_tokens": self.n_tokens,
            "train_flops": self.train_flops,
        }


def with_precision(ladder: LadderConfig) -> LadderConfig:
    """Return ``ladder`` with one precision for all rungs: where it is left open, the largest model's."""
    if ladder.base.precision != "auto":
        return ladder
    largest = ladder.base.replace(model=MODELS[ladder.families[0]]()).fitted()
    largest = largest.replace(model=largest.model.at_size(max(ladder.sizes)), budget="1 steps")
    return ladder.replace(base=ladder.base.replace(precision=resolved(largest).precision))


def fitted_rungs(ladder: LadderConfig, lr_scale: dict[str, float] | None = None) -> list[Rung]:
    """Return the rungs that the laws are fitted to, every trunk before its branches.

    ``lr_scale`` multiplies the learning rate that the rule gives, by family (see ``tune``).
    """
    scale = lr_scale or {}
    return [
        rung
        for family in ladder.families
        for size in ladder.sizes
        for rung in _of_size(ladder, family, size, ladder.n_tokens, "fit", scale.get(family, 1.0))
    ]


def held_out_rungs(
    ladder: LadderConfig, families: tuple[str, ...], lr_scale: dict[str, float] | None = None
) -> list[Rung]:
    """Return the held-out rung of each of ``families``."""
    held, scale = ladder.held_out, lr_scale or {}
    if held is None:
        return []
    return [
        rung
        for family in families
        for rung in _of_size(ladder, family, held.size, (held.n_tokens,), "held-out", scale.get(family, 1.0))
    ]


def _of_size(
    ladder: LadderConfig, family: str, size: float, budgets: tuple[float, ...], role: Role, lr_scale: float
) -> list[Rung]:
    config = ladder.base.replace(model=MODELS[family]()).fitted()
    config = config.replace(model=config.model.at_size(size))
    per_step = _tokens_per_step(config.replace(budget=f"{max(budgets):g} tokens"))
    steps = sorted({round(tokens / per_step) for tokens in budgets}, reverse=True)
    if steps[-1] < 1:
        raise ConfigError(
            f"a budget of {format_count(min(budgets))} is less than one step of {per_step} tokens"
        )
    # Learning rate, batch and warm-up of a size come from its longest budget: branches share the trunk.
    whole = resolved(config.replace(budget=f"{steps[0]} steps"))
    assert whole.optim.lr is not None
    whole = whole.replace(optim=whole.optim.replace(lr=whole.optim.lr * lr_scale))
    flops, stem = flops_per_step(whole), f"{family}-{format_count(size)}"
    names = {n: f"{stem}-{format_count(n * per_step)}" for n in steps}
    return [
        Rung(
            name=names[n],
            family=family,
            role=role,
            config=whole.replace(budget=f"{n} steps"),
            trunk=names[steps[0]],
            n_steps=n,
            n_tokens=n * per_step,
            n_params=whole.model.n_params,
            train_flops=n * flops,
        )
        for n in steps
    ]


def _tokens_per_step(config: RunConfig) -> int:
    batch_size = resolved(config).batch_size
    assert batch_size is not None
    return config.task.dummy_batch(batch_size).n_units
