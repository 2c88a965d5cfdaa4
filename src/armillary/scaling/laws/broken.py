"""Loss along one quantity x that bends: power laws joined by smooth breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from armillary.fitting.law import Law, Parameter, Values, coefficient, positive, real, softplus
from armillary.scaling.laws.registry import LAWS

CITATION = "Caballero, Gupta, Rish & Krueger 2022, Broken Neural Scaling Laws, arXiv:2210.14891"


def _slope() -> Any:
    return real(-0.3, 1.5, typical=0.3, spread=0.5)


def _place() -> Any:
    return positive(1e-2, 1e2, typical=1.0, spread=2.0)  # times the mean of x in starts


def _width() -> Any:
    return positive(0.1, 3.0, typical=0.5, spread=1.0)


@LAWS.register("broken-1")
@dataclass(frozen=True)
class Broken1(Law):
    """L(x) = a + b x^-c0 (1 + (x / d1)^(1 / f1))^(-c1 f1): one break, Caballero et al. (2022), equation 1.

    The exponent goes from c0 to c0 + c1 around x = d1, within a factor of about e^f1 either side.
    """

    name: ClassVar[str] = "broken-1"
    inputs: ClassVar[tuple[str, ...]] = ("x",)
    formula: ClassVar[str] = "L(x) = a + b x^-c0 (1 + (x / d1)^(1 / f1))^(-c1 f1)"
    citation: ClassVar[str] = CITATION
    n_breaks: ClassVar[int] = 1

    a: Parameter = coefficient(share=0.5, spread=0.7)
    b: Parameter = coefficient()
    c0: Parameter = real(-0.1, 1.0, typical=0.2, spread=0.5)
    c1: Parameter = _slope()
    d1: Parameter = _place()
    f1: Parameter = _width()

    def __call__(self, x: Values) -> Values:
        """Return the loss at ``x``."""
        return self.a + self.b * self._term(np.log(x))

    def gradient(self, x: Values) -> tuple[Values, ...]:
        """Return the derivatives; those of a break are of ln T = -c0 ln x - sum of c f ln(1 + e^u)."""
        log_x = np.log(x)
        term = self._term(log_x)
        slopes: list[Values] = [np.ones_like(term), term, -self.b * term * log_x]
        for c, d, f in self._breaks():
            u = (log_x - np.log(d)) / f
            bend = softplus(u)
            past = np.exp(-softplus(-u))  # how far past the break, from 0 to 1
            slopes += [-self.b * term * f * bend, self.b * term * c * past / d]
            slopes += [-self.b * term * c * (bend - u * past)]
        return tuple(slopes)

    def in_units(self, x: float) -> Self:
        places = {f"d{i}": getattr(self, f"d{i}") / x for i in range(1, self.n_breaks + 1)}
        return replace(self, b=self.b * np.exp(-self.c0 * np.log(x)), **places)

    def _term(self, log_x: Values) -> Values:
        log_term = -self.c0 * log_x
        for c, d, f in self._breaks():
            log_term = log_term - c * f * softplus((log_x - np.log(d)) / f)
        term: Values = np.exp(log_term)
        return term

    def _breaks(self) -> Iterator[tuple[Parameter, Parameter, Parameter]]:
        for i in range(1, self.n_breaks + 1):
            yield getattr(self, f"c{i}"), getattr(self, f"d{i}"), getattr(self, f"f{i}")


@LAWS.register("broken-2")
@dataclass(frozen=True)
class Broken2(Broken1):
    """A power law above a floor with two smooth breaks, Caballero et al. (2022), equation 1."""

    name: ClassVar[str] = "broken-2"
    formula: ClassVar[str] = "L(x) = a + b x^-c0 prod_i=1..2 (1 + (x / d_i)^(1 / f_i))^(-c_i f_i)"
    n_breaks: ClassVar[int] = 2

    c2: Parameter = _slope()
    d2: Parameter = _place()
    f2: Parameter = _width()


@LAWS.register("broken-3")
@dataclass(frozen=True)
class Broken3(Broken2):
    """A power law above a floor with three smooth breaks, Caballero et al. (2022), equation 1."""

    name: ClassVar[str] = "broken-3"
    formula: ClassVar[str] = "L(x) = a + b x^-c0 prod_i=1..3 (1 + (x / d_i)^(1 / f_i))^(-c_i f_i)"
    n_breaks: ClassVar[int] = 3

    c3: Parameter = _slope()
    d3: Parameter = _place()
    f3: Parameter = _width()
