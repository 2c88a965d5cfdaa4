"""How a law is fitted: one rule for many observations, another for few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np

from armillary.core.errors import UnknownNameError
from armillary.fitting.fit import Fit, fit
from armillary.fitting.law import Law
from armillary.fitting.objective import Huber, LeastSquares, Objective
from armillary.fitting.prior import Prior
from armillary.fitting.starts import N_STARTS
from armillary.fitting.uncertainty import Bootstrap, BootstrapKind, bootstrap

IntervalKind = Literal["pair", "cluster", "residual", "profile"]
MANY = 10  # observations per parameter


def intervals_named(name: str) -> IntervalKind:
    """Return ``name`` as a kind of interval; UnknownNameError lists what there is."""
    for kind in get_args(IntervalKind):
        if kind == name:
            return cast(IntervalKind, kind)
    raise UnknownNameError("kind of interval", name, get_args(IntervalKind))


@dataclass(frozen=True, kw_only=True)
class Method:
    """An objective, whether the law's weak prior is used, and how intervals are made."""

    objective: Objective
    weak_prior: bool
    bootstrap: BootstrapKind

    @property
    def description(self) -> str:
        prior = " with a weak prior on exponents and irreducible loss" if self.weak_prior else ""
        return f"{self.objective.description} on log residuals{prior}, {self.bootstrap} bootstrap"


def method_for(
    law: type[Law],
    n_points: int,
    objective: Objective | None = None,
    resample: BootstrapKind | None = None,
) -> Method:
    """Return how to fit ``law`` to ``n_points`` observations; ``objective``, ``resample`` override the rule.

    Many: Huber with threshold 1e-3 and pairs resampled, as Hoffmann et al. (2022) and Besiroglu et al.
    (2024) did with 240 runs.  Few: a threshold below the noise would make the curve pass through as
    many points as it has parameters, and a resample would often lack what identifies one; so least
    squares, the weak prior, and noise drawn anew about the law.
    """
    if n_points >= MANY * len(law.domains()):
        return Method(objective=objective or Huber(), weak_prior=False, bootstrap=resample or "pair")
    weak_prior = objective is None or isinstance(objective, LeastSquares)
    return Method(
        objective=objective or LeastSquares(), weak_prior=weak_prior, bootstrap=resample or "residual"
    )


def estimate(
    law: type[Law],
    inputs: Mapping[str, Any],
    losses: Any,
    method: Method,
    *,
    lineage: Sequence[str] = (),
    n_starts: int = N_STARTS,
    n_draws: int = 1000,
    seed: int = 0,
) -> tuple[Fit, Bootstrap]:
    """Fit ``law`` and bootstrap it by ``method``.  Raises FitError as ``fit`` does."""
    prior = Prior.weak(law, np.asarray(losses, dtype=np.float64)) if method.weak_prior else None
    fitted = fit(law, inputs, losses, method.objective, prior=prior, lineage=lineage, n_starts=n_starts)
    return fitted, bootstrap(fitted, method.bootstrap, n_draws, seed)
