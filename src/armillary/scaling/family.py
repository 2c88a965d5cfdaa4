"""One family's law: chosen by back-test, fitted, bootstrapped, and ready to be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from jaxtyping import Float

from armillary.core.errors import FitError
from armillary.core.units import format_count
from armillary.fitting.fit import Certificate, require_enough
from armillary.fitting.law import Law
from armillary.fitting.method import estimate, method_for
from armillary.fitting.objective import Objective
from armillary.fitting.selection import LEAST_STEPS, BackTest, Table, back_test, rank
from armillary.fitting.uncertainty import Bootstrap
from armillary.scaling.compute import FlopsPerToken, optimal_split
from armillary.scaling.laws import LAWS
from armillary.scaling.observations import Observation, Observations, as_table

CANDIDATES = ("chinchilla", "power-law")
N_DRAWS = 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class FamilyFit:
    """A fitted law with its draws, its back-test and the observations behind it."""

    family: str
    observations: tuple[Observation, ...]  # that were fitted, in order of compute
    law: Law
    noise: float  # standard deviation of a log residual
    method: str
    certificate: Certificate
    draws: Bootstrap
    back_test: BackTest
    alternatives: tuple[BackTest, ...]  # of the laws that were not chosen, best first

    @property
    def cost(self) -> FlopsPerToken:
        """What a token costs in FLOP, by size."""
        return FlopsPerToken.measured(self.observations)

    @property
    def largest_compute(self) -> float:
        return max(row.train_flops for row in self.observations)

    @property
    def compute_span(self) -> float:
        """The largest compute that was fitted over the smallest."""
        return self.largest_compute / min(row.train_flops for row in self.observations)

    @property
    def knows_size(self) -> bool:
        """Whether the law tells size and data apart, so that it has a best split."""
        return {"n_params", "n_tokens"} <= set(self.law.inputs)

    def split(
        self, train_flops: Float[np.ndarray, " computes"], law: Law | None = None
    ) -> tuple[Float[np.ndarray, "... computes"], Float[np.ndarray, "... computes"]]:
        """Return the best (N, D) at each compute, by ``law`` (the fitted one) or a batch of draws.

        A law over compute alone knows no best: its N and D follow the ladder, both growing as sqrt(C)
        from the largest model that was trained.
        """
        last = max(self.observations, key=lambda row: row.train_flops)
        if self.knows_size:
            start = last.n_params * float(np.sqrt(train_flops.min() / last.train_flops))
            return optimal_split(law or self.law, self.cost, train_flops, start)
        n_params = last.n_params * np.sqrt(train_flops / last.train_flops)
        return n_params, self.cost.tokens(train_flops, n_params)


def fit_family(
    observations: Sequence[Observation],
    law: str | None = None,
    objective: Objective | None = None,
    n_draws: int = N_DRAWS,
) -> FamilyFit:
    """Fit one family's observations with ``law``, or with the one that extrapolates best by back-test.

    Raises FitError when no law can be fitted, saying what is missing.
    """
    rows = tuple(sorted(observations, key=lambda row: row.train_flops))
    if not rows:
        raise FitError("there are no observations to fit; train some rungs first")
    table = as_table(rows)
    ranked = rank([back_test(LAWS[name], table, objective) for name in _fittable(table, law)])
    chosen, record = LAWS[ranked[0].law], ranked[0]
    if len(record.steps) >= LEAST_STEPS and not record.passed:
        record = replace(record, verdict=record.verdict + _remedy(chosen, rows, objective))
    method = method_for(chosen, len(table), objective)
    fitted, draws = estimate(
        chosen,
        table.columns,
        table.losses,
        method,
        lineage=table.lineage,
        n_draws=n_draws,
        seed=crc32(rows[0].family.encode()),  # families err independently of each other
    )
    return FamilyFit(
        family=rows[0].family,
        observations=rows,
        law=fitted.law,
        noise=fitted.noise.sd,
        method=method.description,
        certificate=fitted.certificate,
        draws=draws,
        back_test=record,
        alternatives=tuple(ranked[1:]),
    )


def _remedy(law: type[Law], rows: Sequence[Observation], objective: Objective | None) -> str:
    """Return what to change about a ladder that fails its back-test: where to start it, if that helps."""
    for name, what in (("n_params", "parameters"), ("n_tokens", "tokens")):
        least = min(getattr(row, name) for row in rows)
        kept = [row for row in rows if getattr(row, name) > 1.01 * least]
        if len(kept) > len(law.domains()) and back_test(law, as_table(kept), objective).passed:
            return (
                f"; without the runs of {format_count(least)} {what} it passes, "
                f"so start the ladder above them and add larger ones"
            )
    return "; train longer (more steps before the cooldown), or start from larger models"


def fit_families(
    observations: Observations,
    law: str | None = None,
    objective: Objective | None = None,
    n_draws: int = N_DRAWS,
) -> tuple[dict[str, FamilyFit], dict[str, str]]:
    """Return, by family, the fits that could be made and the problems of those that could not."""
    fits: dict[str, FamilyFit] = {}
    problems: dict[str, str] = {}
    for family in observations.families:
        try:
            fits[family] = fit_family(observations.of(family), law, objective, n_draws)
        except FitError as error:
            problems[family] = str(error)
    return fits, problems


def _fittable(table: Table, law: str | None) -> list[str]:
    """Return the candidates whose parameters the table can determine; FitError when there is none."""
    if law is not None:
        require_enough(LAWS[law], table.columns, least_values=2)
        return [law]
    names, problems = [], []
    for name in CANDIDATES:
        try:
            require_enough(LAWS[name], table.columns, least_values=2)
            names.append(name)
        except FitError as error:
            problems.append(error)
    if not names:
        raise problems[-1]
    return names
