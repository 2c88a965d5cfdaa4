"""Accuracy from loss: the second of the two steps from compute to a task's score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from armillary.fitting.law import Law, Parameter, Values, coefficient, positive, softplus
from armillary.scaling.laws.registry import LAWS


@LAWS.register("loss-to-accuracy")
@dataclass(frozen=True)
class LossToAccuracy(Law):
    """Acc(L) = chance + gain / (1 + exp(k (L - L0))), Bhagia et al. (2024), equation 2.

    The first step predicts the loss of the task's answers from size and data; this one turns it into
    accuracy, as Dubey et al. (2024, The Llama 3 Herd of Models, arXiv:2407.21783, section 3.2.1) did too.
    """

    name: ClassVar[str] = "loss-to-accuracy"
    inputs: ClassVar[tuple[str, ...]] = ("loss",)
    formula: ClassVar[str] = "Acc(L) = chance + gain / (1 + exp(k (L - L0)))"
    citation: ClassVar[str] = (
        "Bhagia et al. 2024, Establishing Task Scaling Laws via Compute-Efficient Model Ladders, "
        "arXiv:2412.04403"
    )

    chance: Parameter = coefficient()
    gain: Parameter = coefficient()
    k: Parameter = positive(1.0, 100.0, typical=10.0, spread=1.0)  # times the mean loss in starts
    L0: Parameter = positive(0.3, 3.0, typical=1.0, spread=0.5)

    def __call__(self, loss: Values) -> Values:
        """Return the accuracy of models whose loss is ``loss``."""
        return self.chance + self.gain * np.exp(-softplus(self.k * (loss - self.L0)))

    def gradient(self, loss: Values) -> tuple[Values, ...]:
        z = self.k * (loss - self.L0)
        share = np.exp(-softplus(z))
        by_z = -self.gain * share * np.exp(-softplus(-z))
        return np.ones_like(share), share, by_z * (loss - self.L0), -by_z * self.k

    def in_units(self, loss: float) -> Self:
        return replace(self, k=self.k * loss, L0=self.L0 / loss)
