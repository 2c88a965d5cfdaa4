"""How long to train, in words: ``2000 steps``, ``3e6 tokens``, ``20 epochs``, ``1e12 flop``, ``10m``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Self, cast

from armillary.core.errors import ConfigError, unknown
from armillary.core.units import parse_count, parse_seconds

Unit = Literal["steps", "tokens", "epochs", "flop", "seconds"]

_COUNTED = {
    "step": "steps",
    "steps": "steps",
    "token": "tokens",
    "tokens": "tokens",
    "epoch": "epochs",
    "epochs": "epochs",
    "flop": "flop",
    "flops": "flop",
}
_EXAMPLES = "write one of: 2000 steps, 3e6 tokens, 20 epochs, 1e12 flop, or a time such as 90s, 10m, 2h"


@dataclass(frozen=True)
class Budget:
    """An amount of training; ``tokens`` are units of the task's loss, whatever these are called."""

    amount: float
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what ``text`` means; ConfigError when that is not beyond doubt."""
        number, _, word = text.strip().rpartition(" ")
        if not number:
            return cls(_positive(_bare_time(text), text), "seconds")
        unit = _COUNTED.get(word.lower())
        if unit is None:
            raise ConfigError(
                f"budget {text!r}: {unknown('unit', word, set(_COUNTED.values()))}; {_EXAMPLES}"
            )
        try:
            amount = parse_count(number)
        except ConfigError as error:
            raise ConfigError(f"budget {text!r}: {error}; {_EXAMPLES}") from error
        return cls(_positive(amount, text), cast("Unit", unit))


@dataclass(frozen=True)
class Horizon:
    """Where training ends: after ``steps``, or, when that is None, after ``seconds`` of training."""

    steps: int | None
    seconds: float = math.inf

    def progress(self, step: int, seconds: float) -> float:
        """Return the share of the budget, 0 to 1, used after ``step`` steps and ``seconds``; 1 is the end."""
        if self.steps is not None:
            return min(1.0, step / self.steps)
        return min(1.0, seconds / self.seconds)


def _bare_time(text: str) -> float:
    try:
        float(text)
    except ValueError:
        pass
    else:
        raise ConfigError(f"budget {text!r} has no unit; {_EXAMPLES}")
    try:
        return parse_seconds(text)
    except ConfigError as error:
        raise ConfigError(f"budget {text!r} is none; {_EXAMPLES}") from error


def _positive(amount: float, text: str) -> float:
    if amount <= 0:
        raise ConfigError(f"budget {text!r} must be above zero; {_EXAMPLES}")
    return amount
