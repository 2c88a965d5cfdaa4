"""What a ladder is made of: families, sizes, data budgets, and the model held out to check the law."""

from __future__ import annotations

import math
from dataclasses import dataclass

from armillary.core.config import Config
from armillary.core.errors import ConfigError
from armillary.core.units import parse_count
from armillary.training.config import RunConfig


@dataclass(frozen=True, kw_only=True)
class HeldOut(Config):
    """The larger model that the law must predict before it is trained."""

    size: float  # parameters
    n_tokens: float  # units of training data
    families: int = 1  # train it for so many families, the best predicted first; 0: for none


@dataclass(frozen=True, kw_only=True)
class LadderConfig(Config):
    """A ladder over sizes and data budgets for one or more families.

    Every size is trained once, to its largest budget; the smaller budgets are cooldown branches of
    that run (Haegele et al. 2024, "Scaling Laws and Compute-Optimal Training Beyond Fixed Training
    Durations"), which give the very weights that a run of that budget would have had.
    """

    name: str
    base: RunConfig  # everything but family, size and budget
    families: tuple[str, ...]
    sizes: tuple[float, ...]  # parameters
    n_tokens: tuple[float, ...]  # units of training data, for every size
    held_out: HeldOut | None = None
    tune: bool = False  # bracket the best learning rate at the smallest sizes and transfer it
    workers: int = 0  # processes; 0: as many as train fastest here, by measurement


def parse_sizes(text: str, count: int = 4) -> tuple[float, ...]:
    """Return the numbers meant by ``1e4,3e4,1e5`` or by a range ``1e4..1e6`` (``:5`` for five of them).

    A range is spaced geometrically.  Raises ConfigError for anything else.
    """
    if ".." not in text:
        return tuple(_positive(part, text) for part in text.split(","))
    ends, _, n = text.partition(":")
    low, high = (_positive(part, text) for part in ends.split("..", 1))
    count = int(_positive(n, text)) if n else count
    if count < 2 or low >= high:
        raise ConfigError(f"{text!r} is no range: write LOW..HIGH or LOW..HIGH:COUNT, such as 1e4..1e6:5")
    return tuple(low * math.exp(math.log(high / low) * i / (count - 1)) for i in range(count))


def parse_held_out(text: str, ladder: LadderConfig, families: int) -> HeldOut | None:
    """Return the held-out model meant by ``SIZE:TOKENS``; empty: twice the largest size and budget.

    Four times the compute of the largest run is what an extrapolation should be checked at, at least.
    """
    if families == 0:
        return None
    size, sign, n_tokens = text.partition(":")
    if not text:
        return HeldOut(size=2 * max(ladder.sizes), n_tokens=2 * max(ladder.n_tokens), families=families)
    if not sign:
        raise ConfigError(f"{text!r} is no held-out model: write SIZE:TOKENS, such as 1M:20M")
    return HeldOut(size=_positive(size, text), n_tokens=_positive(n_tokens, text), families=families)


def _positive(part: str, text: str) -> float:
    value = parse_count(part)
    if value <= 0:
        raise ConfigError(f"{text!r}: sizes and budgets are above zero")
    return value
