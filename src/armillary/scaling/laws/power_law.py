"""Loss from one quantity, with an irreducible part: compute, size or data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from armillary.fitting.law import Law, Parameter, Values, coefficient, positive, power
from armillary.scaling.laws.registry import LAWS


@dataclass(frozen=True)
class _OneDimensional(Law):
    """L(x) = E + A x^-alpha."""

    E: Parameter = coefficient(share=0.5, spread=0.7)  # irreducible loss [nats per unit]
    A: Parameter = coefficient()
    alpha: Parameter = positive(0.02, 1.2, typical=0.3, spread=0.7)

    def __call__(self, x: Values) -> Values:
        return self.E + self.A * power(x, -self.alpha)

    def gradient(self, x: Values) -> tuple[Values, ...]:
        term = power(x, -self.alpha)
        return np.ones_like(term), term, -self.A * term * np.log(x)

    def in_units(self, x: float) -> Self:
        return replace(self, A=self.A * power(x, -self.alpha))


@LAWS.register("power-law")
@dataclass(frozen=True)
class PowerLaw(_OneDimensional):
    """L(C) = E + A C^-alpha over training compute C [FLOP], for models on one path of size and data."""

    name: ClassVar[str] = "power-law"
    inputs: ClassVar[tuple[str, ...]] = ("train_flops",)
    formula: ClassVar[str] = "L(C) = E + A C^-alpha"
    citation: ClassVar[str] = (
        "Henighan et al. 2020, Scaling Laws for Autoregressive Generative Modeling, arXiv:2010.14701"
    )


@LAWS.register("power-law-size")
@dataclass(frozen=True)
class SizePowerLaw(_OneDimensional):
    """L(N) = E + A N^-alpha over parameters N, for models trained until data no longer limits them."""

    name: ClassVar[str] = "power-law-size"
    inputs: ClassVar[tuple[str, ...]] = ("n_params",)
    formula: ClassVar[str] = "L(N) = E + A N^-alpha"
    citation: ClassVar[str] = (
        "Henighan et al. 2020, Scaling Laws for Autoregressive Generative Modeling, arXiv:2010.14701"
    )


@LAWS.register("power-law-data")
@dataclass(frozen=True)
class DataPowerLaw(_OneDimensional):
    """L(D) = E + A D^-alpha over training tokens D, for a model that size does not limit."""

    name: ClassVar[str] = "power-law-data"
    inputs: ClassVar[tuple[str, ...]] = ("n_tokens",)
    formula: ClassVar[str] = "L(D) = E + A D^-alpha"
    citation: ClassVar[str] = (
        "Hestness et al. 2017, Deep Learning Scaling is Predictable, Empirically, arXiv:1712.00409"
    )
