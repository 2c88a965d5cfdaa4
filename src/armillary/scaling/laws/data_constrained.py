"""Loss when data is seen more than once: repeats are worth less and less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from armillary.fitting.law import Law, Parameter, Values, coefficient, geometric_mean, positive, power
from armillary.scaling.laws.registry import LAWS


def effective_tokens(n_unique: Values, n_tokens: Values, r_star: Parameter) -> Values:
    """Return D' = U + U R* (1 - exp(-R / R*)): fresh tokens worth as much as ``n_tokens`` seen.

    U unique tokens are seen D = (1 + R) U times in all; R* is how many repeats decay the worth of a
    further one by 1/e (Muennighoff et al. 2023, arXiv:2305.16264, equation 5).  Where ``n_unique`` is no
    less than ``n_tokens`` nothing is repeated and D' = D.  The same saturation counts parameters in
    excess of what the unique data can use (equation 6).
    """
    unique = np.minimum(n_unique, n_tokens)
    repeats = n_tokens / unique - 1
    worth: Values = unique - unique * r_star * np.expm1(-repeats / r_star)
    return worth


@LAWS.register("data-constrained")
@dataclass(frozen=True)
class DataConstrained(Law):
    """L = E + A N'^-alpha + B D'^-beta, Muennighoff et al. (2023), equations 4 to 6.

    D' counts repeated tokens, and N' parameters beyond the compute-optimal size of the unique data, by
    ``effective_tokens``.  That size solves alpha A N^-alpha = beta B U^-beta.
    """

    name: ClassVar[str] = "data-constrained"
    inputs: ClassVar[tuple[str, ...]] = ("n_params", "n_tokens", "n_unique_tokens")
    defaults: ClassVar[Mapping[str, str]] = {"n_unique_tokens": "n_tokens"}  # nothing repeated
    formula: ClassVar[str] = (
        "L(N, D, U) = E + A N'^-alpha + B D'^-beta, D' = U + U R_D (1 - exp(-(D/U - 1) / R_D)), N' likewise"
    )
    citation: ClassVar[str] = (
        "Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv:2305.16264"
    )

    # The weak prior of ``Chinchilla``, and the published R* (5.3 and 15.4) give or take a factor of e.
    E: Parameter = coefficient(share=0.5, spread=0.7)  # irreducible loss [nats per unit]
    A: Parameter = positive(0.02, 20.0)  # in the units of a fit, where A and B are parts of the mean loss; no
    B: Parameter = positive(0.02, 20.0)  # linear coefficients, as their ratio says which size is in excess
    alpha: Parameter = positive(0.05, 1.2, typical=0.35, spread=0.4)
    beta: Parameter = positive(0.05, 1.2, typical=0.35, spread=0.4)
    R_N: Parameter = positive(1.0, 50.0, typical=5.3, spread=1.0)  # repeats; of excess parameters
    R_D: Parameter = positive(1.0, 50.0, typical=15.4, spread=1.0)  # of tokens

    def __call__(self, n_params: Values, n_tokens: Values, n_unique_tokens: Values | None = None) -> Values:
        """Return the loss of ``n_params`` parameters that see ``n_tokens`` tokens of ``n_unique_tokens``.

        Without ``n_unique_tokens`` no token is repeated.
        """
        unique = n_tokens if n_unique_tokens is None else np.minimum(n_unique_tokens, n_tokens)
        size = effective_tokens(self.optimal_size(unique), n_params, self.R_N)
        data = effective_tokens(unique, n_tokens, self.R_D)
        return self.E + self.A * power(size, -self.alpha) + self.B * power(data, -self.beta)

    def optimal_size(self, n_unique_tokens: Values) -> Values:
        """Return the compute-optimal number of parameters for so many tokens seen once."""
        ratio = self.alpha * self.A / (self.beta * self.B)
        return power(ratio, 1 / self.alpha) * power(n_unique_tokens, self.beta / self.alpha)

    def gradient(
        self, n_params: Values, n_tokens: Values, n_unique_tokens: Values | None = None
    ) -> tuple[Values, ...]:
        unique = n_tokens if n_unique_tokens is None else np.minimum(n_unique_tokens, n_tokens)
        optimal = self.optimal_size(unique)
        size, by_base, by_R_N = _saturation(optimal, n_params, self.R_N)
        data, _, by_R_D = _saturation(unique, n_tokens, self.R_D)
        size_term, data_term = power(size, -self.alpha), power(data, -self.beta)
        by_size = -self.alpha * self.A * size_term / size
        by_data = -self.beta * self.B * data_term / data
        by_ratio = by_size * by_base * optimal / self.alpha  # per ln(alpha A U^beta / (beta B))
        log_ratio = self.alpha * np.log(optimal)
        return (
            np.ones_like(size_term + data_term),
            size_term + by_ratio / self.A,
            data_term - by_ratio / self.B,
            -self.A * size_term * np.log(size) + by_ratio * (1 - log_ratio) / self.alpha,
            -self.B * data_term * np.log(data) + by_ratio * (np.log(unique) - 1 / self.beta),
            by_size * by_R_N,
            by_data * by_R_D,
        )

    @classmethod
    def units(cls, *inputs: NDArray[np.float64]) -> tuple[float, ...]:
        """Return units in which tokens and unique tokens still compare: the same for both."""
        n_params, n_tokens, _ = inputs
        return geometric_mean(n_params), geometric_mean(n_tokens), geometric_mean(n_tokens)

    def in_units(self, n_params: float, n_tokens: float, n_unique_tokens: float) -> Self:
        if n_tokens != n_unique_tokens:
            raise ValueError(f"tokens in units of {n_tokens:g} and unique ones of {n_unique_tokens:g}")
        return replace(self, A=self.A * power(n_params, -self.alpha), B=self.B * power(n_tokens, -self.beta))


def _saturation(base: Values, total: Values, r_star: Parameter) -> tuple[Values, Values, Values]:
    """Return ``effective_tokens`` with its derivatives by ``base`` and ``r_star``."""
    unique = np.minimum(base, total)
    repeats = total / unique - 1
    left = np.exp(-repeats / r_star)
    by_base = np.where(base < total, 1 + r_star * (1 - left) - left * total / unique, 0.0)
    by_r_star = unique * (1 - left - left * repeats / r_star)
    return effective_tokens(base, total, r_star), by_base, by_r_star
