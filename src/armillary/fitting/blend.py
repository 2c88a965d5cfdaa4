"""Several fitted laws as one curve, and their draws as one mixture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Self

import numpy as np

from armillary.fitting.law import Curve, Values
from armillary.fitting.uncertainty import LEVEL, Draws, Interval


@dataclass(frozen=True)
class Blend:
    """The weighted mean of log losses: exp(sum of w_k ln L_k).

    It is called like a law, with the union of its members' inputs in order of appearance.
    """

    members: tuple[Curve, ...]
    weights: tuple[float, ...]  # of the members, summing to one

    @property
    def name(self) -> str:
        return " + ".join(
            f"{weight:.2f} {law.name}" for law, weight in zip(self.members, self.weights, strict=True)
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        return _union(self.members)

    @property
    def defaults(self) -> Mapping[str, str]:
        return _defaults(self.members)

    @property
    def formula(self) -> str:
        terms = (f"{weight:.2f} ln L{i}" for i, weight in enumerate(self.weights, start=1))
        where = ", ".join(
            law.formula.replace("L(", f"L{i}(", 1) for i, law in enumerate(self.members, start=1)
        )
        return f"ln L = {' + '.join(terms)}; {where}"

    @property
    def citation(self) -> str:
        return "; ".join(law.citation for law in self.members)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters of all members, as ``law.parameter``."""
        return {f"{law.name}.{name}": value for law in self.members for name, value in law.to_dict().items()}

    def __call__(self, *inputs: Any) -> Values:
        """Return the loss at ``inputs`` (those at the end that have defaults may be left out)."""
        named = dict(zip(self.inputs, inputs, strict=False))
        logs = (
            weight * np.log(_ask(law, named)) for law, weight in zip(self.members, self.weights, strict=True)
        )
        blended: Values = np.exp(sum(logs))
        return blended


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixture(Draws):
    """Draws of several laws, each as many as its weight: the law itself is uncertain too.

    The draws of a law stand together and the laws keep their order, so that draw i of one family is held
    against draw i of another mostly under the same law: which form losses follow is one question for both.
    """

    parts: tuple[Draws, ...]

    @classmethod
    def of(cls, draws: Sequence[Draws], weights: Sequence[float], n_draws: int) -> Self:
        """Mix ``n_draws`` of ``draws`` by ``weights``, which sum to one."""
        counts = np.diff(np.round(np.cumsum(weights) * n_draws).astype(int), prepend=0)
        parts = tuple(part.take(int(n)) for part, n in zip(draws, counts, strict=True))
        return cls(parts=parts, noise=np.concatenate([part.noise for part in parts]))

    def laws(self) -> Curve:
        return _Rows(tuple(part.laws() for part in self.parts), tuple(len(part.noise) for part in self.parts))

    def take(self, n_draws: int) -> Self:
        shares = [len(part.noise) / len(self.noise) for part in self.parts]
        return self.of(self.parts, shares, n_draws)

    def parameter_intervals(self, level: float = LEVEL) -> dict[str, Interval]:
        return {
            f"{part.laws().name}.{name}": interval
            for part in self.parts
            for name, interval in part.parameter_intervals(level).items()
        }


@dataclass(frozen=True)
class _Rows:
    """Batches of several laws as one batch: the rows of the first law, then those of the next."""

    batches: tuple[Curve, ...]
    sizes: tuple[int, ...]

    @property
    def name(self) -> str:
        return " and ".join(law.name for law in self.batches)

    @property
    def inputs(self) -> tuple[str, ...]:
        return _union(self.batches)

    @property
    def defaults(self) -> Mapping[str, str]:
        return _defaults(self.batches)

    @property
    def formula(self) -> str:
        return "; ".join(law.formula for law in self.batches)

    @property
    def citation(self) -> str:
        return "; ".join(law.citation for law in self.batches)

    def to_dict(self) -> dict[str, Any]:
        return {f"{law.name}.{name}": value for law in self.batches for name, value in law.to_dict().items()}

    def __call__(self, *inputs: Any) -> Values:
        named = dict(zip(self.inputs, inputs, strict=False))
        rows = [
            np.asarray(_ask(law, {name: self._part(x, end - n, end) for name, x in named.items()}))
            for law, n, end in zip(self.batches, self.sizes, accumulate(self.sizes), strict=True)
        ]
        return np.concatenate(rows)

    def _part(self, values: Any, start: int, end: int) -> Any:
        """Return the rows of one law; what has no row for each draw is the same for all."""
        own_rows = isinstance(values, np.ndarray) and values.ndim > 1 and len(values) == sum(self.sizes)
        return values[start:end] if own_rows else values


def _union(laws: Sequence[Curve]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for law in laws for name in law.inputs))


def _defaults(laws: Sequence[Curve]) -> Mapping[str, str]:
    return {name: other for law in laws for name, other in law.defaults.items()}


def _ask(law: Curve, named: Mapping[str, Any]) -> Values:
    return law(*(named[name] for name in law.inputs if name in named))
