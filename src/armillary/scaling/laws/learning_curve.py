"""Loss along one quantity x (examples, tokens, steps, compute): the family M1 to M4 of learning curves.

Each law adds one freedom to the one before: a floor e, a bend towards the level of an untrained model,
a level e0 of its own for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from armillary.fitting.law import Law, Parameter, Values, coefficient, positive, power, softplus
from armillary.scaling.laws.registry import LAWS

CITATION = (
    "Alabdulmohsin, Neyshabur & Zhai 2022, Revisiting Neural Scaling Laws in Language and Vision, "
    "arXiv:2209.06640"
)
NEWTON_STEPS = 60  # at most, for the implicit law; about six are taken


@LAWS.register("m1")
@dataclass(frozen=True)
class M1(Law):
    """L(x) = b x^-c: a power law that falls to zero, Alabdulmohsin et al. (2022), M1."""

    name: ClassVar[str] = "m1"
    inputs: ClassVar[tuple[str, ...]] = ("x",)
    formula: ClassVar[str] = "L(x) = b x^-c"
    citation: ClassVar[str] = CITATION

    b: Parameter = coefficient()
    c: Parameter = positive(0.005, 2.0, typical=0.3, spread=1.5)

    def __call__(self, x: Values) -> Values:
        """Return the loss at ``x``."""
        return self.b * power(x, -self.c)

    def gradient(self, x: Values) -> tuple[Values, ...]:
        term = power(x, -self.c)
        return term, -self.b * term * np.log(x)

    def in_units(self, x: float) -> Self:
        return replace(self, b=self.b * power(x, -self.c))


@LAWS.register("m2")
@dataclass(frozen=True)
class M2(Law):
    """L(x) = e + b x^-c: a power law above a floor, Alabdulmohsin et al. (2022), M2."""

    name: ClassVar[str] = "m2"
    inputs: ClassVar[tuple[str, ...]] = ("x",)
    formula: ClassVar[str] = "L(x) = e + b x^-c"
    citation: ClassVar[str] = CITATION

    e: Parameter = coefficient(share=0.5, spread=0.7)
    b: Parameter = coefficient()
    c: Parameter = positive(0.02, 3.0, typical=0.5, spread=1.0)

    def __call__(self, x: Values) -> Values:
        """Return the loss at ``x``."""
        return self.e + self.b * power(x, -self.c)

    def gradient(self, x: Values) -> tuple[Values, ...]:
        term = power(x, -self.c)
        return np.ones_like(term), term, -self.b * term * np.log(x)

    def in_units(self, x: float) -> Self:
        return replace(self, b=self.b * power(x, -self.c))


@LAWS.register("m3")
@dataclass(frozen=True)
class M3(Law):
    """L(x) = e + b (1/x + g)^c: it flattens near 1/g, Alabdulmohsin et al. (2022), M3."""

    name: ClassVar[str] = "m3"
    inputs: ClassVar[tuple[str, ...]] = ("x",)
    formula: ClassVar[str] = "L(x) = e + b (1/x + g)^c"
    citation: ClassVar[str] = CITATION

    e: Parameter = coefficient(share=0.5, spread=0.7)
    b: Parameter = coefficient()
    g: Parameter = positive(1e-3, 1e2, typical=0.05, spread=2.0)  # times the mean of x in starts
    c: Parameter = positive(0.02, 3.0, typical=0.5, spread=1.0)

    def __call__(self, x: Values) -> Values:
        """Return the loss at ``x``."""
        return self.e + self.b * power(1 / x + self.g, self.c)

    def gradient(self, x: Values) -> tuple[Values, ...]:
        inner = 1 / x + self.g
        term = power(inner, self.c)
        return np.ones_like(term), term, self.b * self.c * term / inner, self.b * term * np.log(inner)

    def in_units(self, x: float) -> Self:
        return replace(self, b=self.b * power(x, -self.c), g=self.g * x)


@LAWS.register("m4")
@dataclass(frozen=True)
class M4(Law):
    """(L - e) / (e0 - L)^a = b x^-c: from the level e0 of an untrained model to the floor e.

    Alabdulmohsin et al. (2022), M4, their estimator, as shares s = (L - e) / (e0 - e) of the way:
    s / (1 - s)^a = (x / d)^-c, with e0 = e + gap and b = d^c (e0 - e)^(1 - a).  The loss is linear in e
    and gap, and ln s - a ln(1 - s) rises in s, so every x has exactly one loss.
    """

    name: ClassVar[str] = "m4"
    inputs: ClassVar[tuple[str, ...]] = ("x",)
    formula: ClassVar[str] = "L(x) = e + gap s, s / (1 - s)^a = (x / d)^-c"
    citation: ClassVar[str] = CITATION

    e: Parameter = coefficient(share=0.5, spread=0.7)
    gap: Parameter = coefficient()
    d: Parameter = positive(1e-3, 1e2, typical=0.3, spread=2.0)  # times the mean of x in starts
    c: Parameter = positive(0.05, 3.0, typical=0.5, spread=1.0)
    a: Parameter = positive(0.02, 5.0, typical=0.7, spread=1.5)

    def __call__(self, x: Values) -> Values:
        """Return the loss at ``x``."""
        return self.e + self.gap * self._share(self._log_odds(x))

    def gradient(self, x: Values) -> tuple[Values, ...]:
        """Return the derivatives by the implicit function theorem.

        With v = ln(s / (1 - s)) and z = c ln(d / x) the law is g(v, a) = z: dv = (dz - dg/da da) / (dg/dv).
        """
        v = self._log_odds(x)
        share = self._share(v)
        by_z = self.gap * share * (1 - share) / (1 - share + self.a * share)
        z_by_c = np.log(self.d / x)
        return (
            np.ones_like(share),
            share,
            by_z * self.c / self.d,
            by_z * z_by_c,
            -by_z * softplus(v),
        )

    def in_units(self, x: float) -> Self:
        return replace(self, d=self.d / x)

    def _log_odds(self, x: Values) -> Values:
        """Solve a ln(1 + e^v) - ln(1 + e^-v) = c ln(d / x) for v by Newton's method.

        The left side's slope lies between 1 and a and its second derivative has one sign, so after the
        first step the iterates close in from one side.  A complex step in the parameters passes through
        the last, complex, step alone.
        """
        z = self.c * np.log(self.d / x)
        steepness = np.asarray(self.a).real
        v = np.where(np.real(z) < 0, np.real(z), np.real(z) / steepness)
        for _ in range(NEWTON_STEPS):
            step = self._newton_step(v, np.real(z), steepness)
            v = v + step
            if np.all(np.abs(step) <= 1e-13 * (1 + np.abs(v))):
                break
        return v + self._newton_step(v, z, self.a)

    def _newton_step(self, v: Values, z: Values, a: Parameter) -> Values:
        share = self._share(v)
        step: Values = (z + softplus(-v) - a * softplus(v)) / (1 - share + a * share)
        return step

    @staticmethod
    def _share(v: Values) -> Values:
        share: Values = np.exp(-softplus(-v))
        return share
