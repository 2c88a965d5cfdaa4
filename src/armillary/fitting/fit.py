"""Fit a law to losses, and say how sure it is that the optimum was found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The evidence that a fit is the optimum and not a place where the solver stopped."""

    value: float  # of the objective, summed over observations
    n_starts: int  # screened starts that were refined
    share_at_optimum: float  # of those, how many reached this value within 1e-6 of it
    gradient_norm: float  # Euclidean, over transformed parameters, relative to the value
