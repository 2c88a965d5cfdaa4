"""What is known of a law's parameters before any run: weak, and only for few observations.

Nine runs over a factor of ten in size do not tell a small exponent with no irreducible loss from a
larger one with some; the two part ways exactly where a prediction is wanted.  Published exponents do
tell them apart, so their spread enters as a pull towards the usual values, weighed by the noise of
the runs as Bayes' rule has it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float

from armillary.fitting.law import Law


@dataclass(frozen=True, eq=False)
class Prior:
    """Independent normal distributions of the transformed parameters; infinite spread says nothing."""

    centre: Float[np.ndarray, " params"]
    spread: Float[np.ndarray, " params"]

    @classmethod
    def weak(cls, law: type[Law], losses: Float[np.ndarray, " points"]) -> Self:
        """Return the prior that the law's own fields declare."""
        domains = law.domains()
        centre = np.zeros(len(domains))
        spread = np.array([math.inf if d.typical is None else d.spread for d in domains])
        for i, domain in enumerate(domains):
            if domain.typical is not None:
                unit = float(losses.min()) if domain.linear else 1.0
                usual = domain.typical * unit
                centre[i] = math.log(usual) if domain.scale == "log" else usual
        return cls(centre, spread)

    def pull(self, noise: float) -> Float[np.ndarray, " params"]:
        """Return the weight of the prior beside squared residuals of standard deviation ``noise``."""
        return (noise / self.spread) ** 2
