"""Loss from model size and data, with an irreducible part: the law of Chinchilla."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from armillary.fitting.law import Law, Parameter, Values, coefficient, positive, power
from armillary.scaling.laws.registry import LAWS


@LAWS.register("chinchilla")
@dataclass(frozen=True)
class Chinchilla(Law):
    """L(N, D) = E + A N^-alpha + B D^-beta, approach 3 of Hoffmann et al. (2022), equation 2."""

    name: ClassVar[str] = "chinchilla"
    inputs: ClassVar[tuple[str, ...]] = ("n_params", "n_tokens")
    formula: ClassVar[str] = "L(N, D) = E + A N^-alpha + B D^-beta"
    citation: ClassVar[str] = (
        "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv:2203.15556"
    )

    # Weak prior: published exponents lie between 0.28 and 0.37 (Hoffmann et al. 2022; Besiroglu et al.
    # 2024, arXiv:2404.10102) and are given a factor of 1.5 either way as one standard deviation.
    E: Parameter = coefficient(share=0.5, spread=0.7)  # irreducible loss [nats per unit]
    A: Parameter = coefficient()
    B: Parameter = coefficient()
    alpha: Parameter = positive(0.05, 1.2, typical=0.35, spread=0.4)
    beta: Parameter = positive(0.05, 1.2, typical=0.35, spread=0.4)

    def __call__(self, n_params: Values, n_tokens: Values) -> Values:
        """Return the loss of a model with ``n_params`` parameters trained on ``n_tokens`` tokens."""
        size, data = power(n_params, -self.alpha), power(n_tokens, -self.beta)
        return self.E + self.A * size + self.B * data

    def gradient(self, n_params: Values, n_tokens: Values) -> tuple[Values, ...]:
        size, data = power(n_params, -self.alpha), power(n_tokens, -self.beta)
        return (
            np.ones_like(size),
            size,
            data,
            -self.A * size * np.log(n_params),
            -self.B * data * np.log(n_tokens),
        )

    def in_units(self, n_params: float, n_tokens: float) -> Self:
        return replace(self, A=self.A * power(n_params, -self.alpha), B=self.B * power(n_tokens, -self.beta))
