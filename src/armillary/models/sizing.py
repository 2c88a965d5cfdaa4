"""One dial: the member of a family that has a given number of parameters.

A family says how its shape grows with its width (depth and heads follow by its rule) and which inner
width may be stretched.  The width is chosen first; the inner width then takes up the rest, by as little
as possible, so that sizes between two widths are reached too.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TypeVar

from armillary.core.errors import ConfigError
from armillary.core.units import format_count
from armillary.models.base import ModelConfig

C = TypeVar("C", bound=ModelConfig)

TOLERANCE = 0.05  # of the number of parameters asked for
STRETCHES = [2 ** (i / 64) for i in range(-128, 129)]  # of the inner width: 1/4 to 4, in steps of 1.1%
MISS = 20.0  # a miss of 1% in size weighs as much as an inner width off by 20%

# Multiples of 4, then 8, 16, ... so that neighbours differ by at most an eighth and divide into heads.
WIDTHS = (
    *range(4, 64, 4),
    *range(64, 128, 8),
    *range(128, 256, 16),
    *range(256, 512, 32),
    *range(512, 2048, 64),
    *range(2048, 16385, 128),
)


def member_at_size(
    n_params: float,
    shape: Callable[[int], C],
    stretched: Callable[[C, float], C],
    widths: Sequence[int] = WIDTHS,
) -> C:
    """Return the member nearest to ``n_params`` in size, its inner width little stretched.

    ``shape(width)`` and ``stretched(member, factor)`` must not shrink as their argument grows.  Raises
    ConfigError, stating the limit, when no member is within 5%.
    """
    around = bisect_left(widths, n_params, key=lambda width: shape(width).n_params)
    offers = [
        (_cost(member.n_params, n_params, stretch), member)
        for base in map(shape, widths[max(0, around - 1) : around + 1])
        for stretch, member in _stretches_around(n_params, base, stretched)
    ]
    best = min(offers, key=lambda offer: offer[0])[1]
    if abs(best.n_params / n_params - 1) > TOLERANCE:
        raise ConfigError(_out_of_reach(n_params, best, stretched(shape(widths[0]), STRETCHES[0])))
    return best


def _stretches_around(n_params: float, base: C, stretched: Callable[[C, float], C]) -> list[tuple[float, C]]:
    """Return the stretches of ``base`` just below and just above ``n_params``."""
    above = bisect_left(STRETCHES, n_params, key=lambda stretch: stretched(base, stretch).n_params)
    return [(stretch, stretched(base, stretch)) for stretch in STRETCHES[max(0, above - 1) : above + 1]]


def _cost(n_params: int, wanted: float, stretch: float) -> float:
    return MISS * abs(math.log(n_params / wanted)) + abs(math.log(stretch))


def _out_of_reach(n_params: float, nearest: ModelConfig, smallest: ModelConfig) -> str:
    signature = nearest.signature
    entry = (
        f"a vocabulary of {signature.vocab_size}"
        if signature.inputs != "image"
        else f"{signature.channels} x {signature.height} x {signature.width} images"
    )
    return (
        f"no {nearest.kind} for {entry} has {format_count(n_params)} parameters within {TOLERANCE:.0%}; "
        f"the smallest has {format_count(smallest.n_params)}, the nearest {format_count(nearest.n_params)}"
    )
