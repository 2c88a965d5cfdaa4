"""Loss that falls to zero with size, data or both: the laws of the first scaling-law paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from armillary.fitting.law import Law, Parameter, Values, coefficient, positive, power, softplus
from armillary.scaling.laws.registry import LAWS

CITATION = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv:2001.08361"


@LAWS.register("kaplan")
@dataclass(frozen=True)
class Kaplan(Law):
    """L(N, D) = [(Nc / N)^(alpha / beta) + Dc / D]^beta, Kaplan et al. (2020), equation 1.5.

    It has no irreducible loss: it is a law for the range it was fitted on, where the reducible part is
    most of the loss.
    """

    name: ClassVar[str] = "kaplan"
    inputs: ClassVar[tuple[str, ...]] = ("n_params", "n_tokens")
    formula: ClassVar[str] = "L(N, D) = [(Nc / N)^(alpha / beta) + Dc / D]^beta"
    citation: ClassVar[str] = CITATION

    Nc: Parameter = positive(1e-3, 1e9)  # as a multiple of the runs' mean size, where starts are looked for
    Dc: Parameter = positive(1e-3, 1e9)
    alpha: Parameter = positive(0.02, 1.0, typical=0.1, spread=0.7)
    beta: Parameter = positive(0.02, 1.0, typical=0.1, spread=0.7)

    def __call__(self, n_params: Values, n_tokens: Values) -> Values:
        """Return the loss of a model with ``n_params`` parameters trained on ``n_tokens`` tokens."""
        log_size, log_data = self._log_terms(n_params, n_tokens)
        loss: Values = np.exp(self.beta * (log_data + softplus(log_size - log_data)))
        return loss

    def gradient(self, n_params: Values, n_tokens: Values) -> tuple[Values, ...]:
        log_size, log_data = self._log_terms(n_params, n_tokens)
        log_both = log_data + softplus(log_size - log_data)
        loss = np.exp(self.beta * log_both)
        size, data = np.exp(log_size - log_both), np.exp(log_data - log_both)  # shares of the sum
        return (
            self.alpha * loss * size / self.Nc,
            self.beta * loss * data / self.Dc,
            loss * size * log_size * self.beta / self.alpha,
            loss * (log_both - size * log_size),
        )

    def _log_terms(self, n_params: Values, n_tokens: Values) -> tuple[Values, Values]:
        """Return the logarithms of the two terms, which themselves can be too large for numbers."""
        return self.alpha / self.beta * np.log(self.Nc / n_params), np.log(self.Dc / n_tokens)

    def in_units(self, n_params: float, n_tokens: float) -> Self:
        return replace(self, Nc=self.Nc / n_params, Dc=self.Dc / n_tokens)


@dataclass(frozen=True)
class _Falling(Law):
    """L(x) = (xc / x)^alpha, written A x^-alpha with A = xc^alpha: the same curve, its coefficient linear."""

    A: Parameter = coefficient()
    alpha: Parameter = positive(0.02, 1.0, typical=0.1, spread=0.7)

    def __call__(self, x: Values) -> Values:
        return self.A * power(x, -self.alpha)

    def gradient(self, x: Values) -> tuple[Values, ...]:
        term = power(x, -self.alpha)
        return term, -self.A * term * np.log(x)

    def in_units(self, x: float) -> Self:
        return replace(self, A=self.A * power(x, -self.alpha))

    @property
    def scale(self) -> Values:
        """The published constant xc = A^(1 / alpha): where the loss would be one nat."""
        return power(self.A, 1 / self.alpha)


@LAWS.register("kaplan-size")
@dataclass(frozen=True)
class KaplanSize(_Falling):
    """L(N) = (Nc / N)^alpha, Kaplan et al. (2020), equation 1.1: models that data does not limit."""

    name: ClassVar[str] = "kaplan-size"
    inputs: ClassVar[tuple[str, ...]] = ("n_params",)
    formula: ClassVar[str] = "L(N) = A N^-alpha = (Nc / N)^alpha"
    citation: ClassVar[str] = CITATION


@LAWS.register("kaplan-data")
@dataclass(frozen=True)
class KaplanData(_Falling):
    """L(D) = (Dc / D)^alpha, Kaplan et al. (2020), equation 1.2: large models stopped in time."""

    name: ClassVar[str] = "kaplan-data"
    inputs: ClassVar[tuple[str, ...]] = ("n_tokens",)
    formula: ClassVar[str] = "L(D) = A D^-alpha = (Dc / D)^alpha"
    citation: ClassVar[str] = CITATION
