"""How much a fit hangs on the choice of objective and on single runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from armillary.core.errors import FitError
from armillary.fitting.fit import Fit, fit
from armillary.fitting.law import Law, columns_of
from armillary.fitting.method import method_for
from armillary.fitting.objective import OBJECTIVES, Objective
from armillary.fitting.prior import Prior
from armillary.fitting.selection import Table
from armillary.fitting.solver import minimise
from armillary.scaling.family import FamilyFit
from armillary.scaling.observations import as_table, law_inputs

BEYOND = 10.0  # times the largest compute: where predictions are compared
TOP = 5  # runs that are listed, and dropped together


@dataclass(frozen=True, kw_only=True)
class ObjectiveFit:
    """The law as one objective fits it."""

    objective: str  # in words
    value: float | None  # of the objective at its optimum, summed over runs; None: it could not be fitted
    parameters: Mapping[str, float]  # of the law; empty when it could not be fitted
    loss: float | None  # predicted at the point of comparison
    problem: str  # why it could not be fitted; empty when it was


@dataclass(frozen=True, kw_only=True)
class Omission:
    """The law without some of the runs."""

    what: str  # was left out, in words
    runs: tuple[str, ...]  # that were left out
    parameters: Mapping[str, float]  # of the law without them
    loss: float  # predicted at the point of comparison
    change: float  # of that prediction, relative to the one from all runs


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """What other choices would have said."""

    law: str  # the heaviest of the family
    n_params: float  # the point of comparison: the best split of ten times the largest compute
    n_tokens: float
    train_flops: float
    loss: float  # of the law as it was fitted, there
    objectives: tuple[ObjectiveFit, ...]
    single: tuple[Omission, ...]  # each run that matters most, left out alone; the most influential first
    together: tuple[Omission, ...]  # several left out at once


def sensitivity(family: FamilyFit, objective: Objective | None = None) -> Sensitivity:
    """Fit the heaviest law of ``family`` by every objective, and by its own without single runs.

    Every refit is exact: one batch of fits whose weights are zero at what they leave out.
    """
    table = as_table(family.observations)
    law = type(family.members[0].law)
    method = method_for(law, len(table), objective)
    prior = Prior.weak(law, table.losses) if method.weak_prior else None
    fitted = fit(law, table.columns, table.losses, method.objective, prior=prior, lineage=table.lineage)
    flops = BEYOND * family.largest_compute
    sizes, tokens = family.split(np.array([flops]))
    there = law_inputs(float(sizes[0]), float(tokens[0]), flops)
    loss = float(fitted.predict(there)[0])
    alone = _without(fitted, [np.array([i]) for i in range(len(table))])
    changes = np.abs(np.log(_losses(alone, there) / loss))
    worst = np.argsort(-changes, kind="stable")[:TOP]
    names = [row.name for row in family.observations]
    groups = _groups(worst, table, fitted)
    together = _without(fitted, [group for _, group in groups])
    return Sensitivity(
        law=law.name,
        n_params=float(sizes[0]),
        n_tokens=float(tokens[0]),
        train_flops=flops,
        loss=loss,
        objectives=tuple(_by(law, table, other, there) for other in OBJECTIVES.values()),
        single=tuple(_omission(names[i], np.array([i]), alone[i], names, there, loss) for i in worst),
        together=tuple(
            _omission(what, group, other, names, there, loss)
            for (what, group), other in zip(groups, together, strict=True)
        ),
    )


def _groups(worst: np.ndarray, table: Table, fitted: Fit) -> list[tuple[str, np.ndarray]]:
    """Return the runs that are left out together: as many as the law can spare, at most TOP."""
    spare = min(TOP, len(table) - len(fitted.law.domains()) - 1)
    if spare < 2:
        return []
    orders = {
        "most influential": worst,
        "highest losses": np.argsort(-table.losses, kind="stable"),
        "largest residuals": np.argsort(-np.abs(fitted.residuals), kind="stable"),
    }
    return [(f"the {spare} {what}", order[:spare]) for what, order in orders.items()]


def _without(fitted: Fit, groups: Sequence[np.ndarray]) -> list[Law]:
    """Return the law refitted without each of ``groups`` of runs, all in one batch."""
    if not groups:
        return []
    task = fitted.problem()
    weights = np.ones((len(groups), len(fitted.losses)))
    for row, group in enumerate(groups):
        weights[row, group] = 0.0
    starts = np.repeat(task.in_units(fitted.law)[None], len(groups), axis=0)
    found = minimise(replace(task, weights=weights), starts, fitted.objective)
    return [task.restored(theta) for theta in found.theta]


def _losses(laws: Sequence[Law], there: Mapping[str, object]) -> Float[np.ndarray, " laws"]:
    return np.array([float(np.asarray(law(*columns_of(law, there)))[0]) for law in laws])


def _omission(
    what: str,
    group: np.ndarray,
    law: Law,
    names: Sequence[str],
    there: Mapping[str, object],
    loss: float,
) -> Omission:
    [predicted] = _losses([law], there)
    return Omission(
        what=what,
        runs=tuple(names[i] for i in group),
        parameters=law.to_dict(),
        loss=float(predicted),
        change=float(predicted / loss - 1),
    )


def _by(law: type[Law], table: Table, objective: Objective, there: Mapping[str, object]) -> ObjectiveFit:
    """Fit by one objective, without a prior: the runs alone."""
    try:
        fitted = fit(law, table.columns, table.losses, objective, lineage=table.lineage)
    except FitError as error:
        return ObjectiveFit(
            objective=objective.description, value=None, parameters={}, loss=None, problem=str(error)
        )
    return ObjectiveFit(
        objective=objective.description,
        value=fitted.certificate.value,
        parameters=fitted.law.to_dict(),
        loss=float(fitted.predict(there)[0]),
        problem="",
    )
