"""One family's law: a blend weighted by back-test, fitted, bootstrapped, and ready to be asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from zlib import crc32

import numpy as np
from jaxtyping import Float

from armillary.core.errors import FitError, RequestError
from armillary.core.units import format_count
from armillary.fitting.blend import Blend, Mixture
from armillary.fitting.fit import Certificate, require_enough
from armillary.fitting.law import Curve, Law, columns_of
from armillary.fitting.method import IntervalKind, estimate, method_for
from armillary.fitting.objective import Objective
from armillary.fitting.profile import profile_intervals
from armillary.fitting.selection import LEAST_STEPS, BackTest, Table, back_test, rank
from armillary.fitting.stacking import blended, weights
from armillary.fitting.uncertainty import LEVEL, Bootstrap, Draws, Estimate, Interval
from armillary.scaling.compute import FlopsPerToken, optimal_split
from armillary.scaling.laws import LAWS
from armillary.scaling.observations import Observation, Observations, as_table

OVER_SIZE_AND_DATA = ("chinchilla", "kaplan", "data-constrained")  # candidates, in order of preference
OVER_COMPUTE = ("power-law",)  # for models on one path of size and data, which cannot tell the two apart
N_DRAWS = 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class Member:
    """One law of a family's blend, fitted."""

    law: Law
    weight: float
    noise: float  # standard deviation of a log residual
    method: str
    certificate: Certificate
    draws: Bootstrap
    back_test: BackTest
    intervals: Mapping[str, Interval]  # of the parameters
    intervals_by: str  # "pair bootstrap", "profile likelihood"


@dataclass(frozen=True, kw_only=True, eq=False)
class FamilyFit:
    """One family's laws, weighted by back-test, with the observations behind them.

    ``law`` is what predictions are made with: the fitted law itself where one has all the weight, and
    else the blend of the ``members``, called in the same way.  ``draws`` are its draws: with several
    members a mixture, so that not knowing the law is part of every interval.
    """

    family: str
    observations: tuple[Observation, ...]  # that were fitted, in order of compute
    members: tuple[Member, ...]  # the laws with weight, the heaviest first
    back_test: BackTest  # of ``law``: of the blend, by weights that never saw what they predict
    alternatives: tuple[BackTest, ...]  # of the laws without weight, best first

    @cached_property
    def law(self) -> Curve:
        if len(self.members) == 1:
            return self.members[0].law
        return Blend(
            tuple(member.law for member in self.members), tuple(member.weight for member in self.members)
        )

    @cached_property
    def draws(self) -> Draws:
        if len(self.members) == 1:
            return self.members[0].draws
        draws = [member.draws for member in self.members]
        return Mixture.of(draws, [member.weight for member in self.members], len(draws[0].noise))

    def expected(self, inputs: Mapping[str, Any]) -> Float[np.ndarray, " points"]:
        """Return the loss of ``law`` at ``inputs``, by name."""
        return np.asarray(self.law(*columns_of(self.law, inputs)))

    @property
    def noise(self) -> float:
        """How far a run strays from its law: a standard deviation of log losses, over the members."""
        return math.sqrt(sum(member.weight * member.noise**2 for member in self.members))

    @property
    def method(self) -> str:
        """How the heaviest law was fitted."""
        return self.members[0].method

    @property
    def certificate(self) -> Certificate:
        """Of the heaviest law."""
        return self.members[0].certificate

    def parameters(self) -> dict[str, Estimate]:
        """Return the parameters with their intervals; of a blend as ``law.parameter``."""
        prefix = len(self.members) > 1
        return {
            f"{member.law.name}.{name}" if prefix else name: Estimate(
                value=float(value), interval=member.intervals[name]
            )
            for member in self.members
            for name, value in member.law.to_dict().items()
        }

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
        self, train_flops: Float[np.ndarray, " computes"], law: Curve | None = None
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
    intervals: IntervalKind | None = None,
    level: float = LEVEL,
) -> FamilyFit:
    """Fit one family's observations with ``law``, or with the laws that extrapolate, weighted by back-test.

    ``intervals`` says how those of the parameters, of ``level``, are made (None: the method's own bootstrap).
    Raises FitError when no law can be fitted, saying what is missing.
    """
    rows = tuple(sorted(observations, key=lambda row: row.train_flops))
    if not rows:
        raise FitError("there are no observations to fit; train some rungs first")
    table = as_table(rows)
    tests = [back_test(LAWS[name], table, objective) for name in _fittable(table, law)]
    shares = _shares(tests)
    record = blended(tests, shares, len(table))
    if len(record.steps) >= LEAST_STEPS and not record.passed:
        heaviest = LAWS[max(zip(shares, tests, strict=True), key=lambda pair: pair[0])[1].law]
        record = replace(record, verdict=record.verdict + _remedy(heaviest, rows, objective))
    members = [
        _member(test, share, table, rows[0].family, objective, n_draws, intervals, level)
        for test, share in zip(tests, shares, strict=True)
        if share > 0
    ]
    return FamilyFit(
        family=rows[0].family,
        observations=rows,
        members=tuple(sorted(members, key=lambda member: -member.weight)),
        back_test=record,
        alternatives=tuple(
            rank([test for test, share in zip(tests, shares, strict=True) if share == 0]),
        ),
    )


def _shares(tests: Sequence[BackTest]) -> tuple[float, ...]:
    """Return the weights of the laws: of those over size and data, if any of them passes.

    A law over compute alone is one for a path of sizes and budgets.  It can predict runs on that path,
    and is asked when the others fail; beside them it would say nothing about any other split.
    """
    whole = [LAWS[test.law].inputs != ("train_flops",) for test in tests]
    if not any(test.passed for test, keep in zip(tests, whole, strict=True) if keep):
        return weights(tests)
    found = iter(weights([test for test, keep in zip(tests, whole, strict=True) if keep]))
    return tuple(next(found) if keep else 0.0 for keep in whole)


def _member(
    record: BackTest,
    weight: float,
    table: Table,
    family: str,
    objective: Objective | None,
    n_draws: int,
    intervals: IntervalKind | None,
    level: float,
) -> Member:
    """Fit one law; families err independently of each other, so each has a seed of its own."""
    law = LAWS[record.law]
    kind = None if intervals == "profile" else intervals
    method = method_for(law, len(table), objective, kind)
    fitted, draws = estimate(
        law,
        table.columns,
        table.losses,
        method,
        lineage=table.lineage,
        n_draws=n_draws,
        seed=crc32(family.encode()),
    )
    return Member(
        law=fitted.law,
        weight=weight,
        noise=fitted.noise.sd,
        method=method.description,
        certificate=fitted.certificate,
        draws=draws,
        back_test=record,
        intervals=profile_intervals(fitted, level)
        if intervals == "profile"
        else draws.parameter_intervals(level),
        intervals_by="profile likelihood" if intervals == "profile" else f"{method.bootstrap} bootstrap",
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
    intervals: IntervalKind | None = None,
    level: float = LEVEL,
) -> tuple[dict[str, FamilyFit], dict[str, str]]:
    """Return, by family, the fits that could be made and the problems of those that could not."""
    fits: dict[str, FamilyFit] = {}
    problems: dict[str, str] = {}
    for family in observations.families:
        try:
            fits[family] = fit_family(observations.of(family), law, objective, n_draws, intervals, level)
        except FitError as error:
            problems[family] = str(error)
    return fits, problems


def _fittable(table: Table, law: str | None) -> list[str]:
    """Return the candidates whose parameters the table can determine; FitError when there is none."""
    repeats = bool((table.columns["n_unique_tokens"] < table.columns["n_tokens"]).any())
    if law is not None:
        _require_inputs(LAWS[law], table, repeats)
        require_enough(LAWS[law], table.columns, least_values=2)
        return [law]
    names, problems = [], []
    for name in (*OVER_SIZE_AND_DATA, *OVER_COMPUTE):
        if "n_unique_tokens" in LAWS[name].inputs and not repeats:
            continue  # it is chinchilla's law then
        try:
            require_enough(LAWS[name], table.columns, least_values=2)
            names.append(name)
        except FitError as error:
            problems.append(error)
    if not names:
        raise problems[-1]
    return names


def _require_inputs(law: type[Law], table: Table, repeats: bool) -> None:
    """Raise RequestError for a law over something else than runs, FitError for one that needs repeats."""
    if foreign := [name for name in law.inputs if name not in table.columns]:
        raise RequestError(
            f"the law {law.name} is over {', '.join(foreign)}, and runs have {', '.join(table.columns)}; "
            "fit it to a curve, or choose another law"
        )
    if "n_unique_tokens" in law.inputs and not repeats:
        raise FitError(
            f"the law {law.name} tells repeated data from fresh, and no run has fewer n_unique_tokens than "
            "n_tokens; add runs that repeat their data, or fit chinchilla"
        )
