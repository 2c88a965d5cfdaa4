"""Loss from model size and data, falling to zero: the law of the first scaling-law paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from armillary.fitting.law import Law, Parameter, Values, positive, power
from armillary.scaling.laws.registry import LAWS


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
    citation: ClassVar[str] = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv:2001.08361"

    Nc: Parameter = positive(1e-3, 1e9)  # as a multiple of the runs' mean size, where starts are looked for
    Dc: Parameter = positive(1e-3, 1e9)
    alpha: Parameter = positive(0.02, 1.0, typical=0.1, spread=0.7)
    beta: Parameter = positive(0.02, 1.0, typical=0.1, spread=0.7)

    def __call__(self, n_params: Values, n_tokens: Values) -> Values:
        """Return the loss of a model with ``n_params`` parameters trained on ``n_tokens`` tokens."""
        size = power(self.Nc / n_params, self.alpha / self.beta)
        return power(size + self.Dc / n_tokens, self.beta)

    def in_units(self, n_params: float, n_tokens: float) -> Self:
        return replace(self, Nc=self.Nc / n_params, Dc=self.Dc / n_tokens)
