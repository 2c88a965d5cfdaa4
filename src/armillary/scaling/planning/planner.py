"""From a law and a budget to a plan: every part of the answer, each by the module that knows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from armillary.scaling.comparison import Crossover, compare
from armillary.scaling.extrapolation import extrapolate
from armillary.scaling.planning.data_limit import data_limit
from armillary.scaling.planning.funds import Funds
from armillary.scaling.planning.iso_loss import Reference, iso_loss_front, lifetime_optimum
from armillary.scaling.planning.named import named_law
from armillary.scaling.planning.next_run import advise_run, best_size_decision, leading_pair, winner_decision
from armillary.scaling.planning.plan import Budget, NextRun, Plan, Quantity, Spending
from armillary.scaling.planning.regret import regret_over_draws, regret_under, robust_choices
from armillary.scaling.planning.spending import Devices
from armillary.scaling.planning.subject import Subject, alternatives
from armillary.scaling.planning.surface import LossSurface

NEARLY_ALL = 0.97  # of a budget, above which nothing is said of what is left


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a plan is to answer besides the best model for its budget."""

    inference_tokens: float | None = None  # over the model's life
    unique_tokens: float | None = None  # that there are to train on
    against: tuple[str, ...] | None = None  # laws that may be true instead; None: the usual ones
    next_run: Budget | None = None  # that another small run may cost; None: none is asked for


def make_plan(
    subject: Subject, budget: Budget, devices: Devices | None = None, wishes: Wishes | None = None
) -> Plan:
    """Return the plan for ``budget`` by the law of ``subject``; of several families the best one's.

    RequestError when the budget cannot be met: a loss that no compute reaches, money without a price,
    days without a number of devices.
    """
    wishes = wishes or Wishes()
    funds = _leader(subject, budget, devices)
    surface = funds.surface
    n_params, n_tokens = funds.split()
    model = (n_params.value, n_tokens.value)
    reference = Reference(surface=surface, n_params=model[0], n_tokens=model[1])
    others = alternatives(surface, wishes.against)
    regrets = [regret_under(model, other) for other in others]
    training = None if devices is None else devices.train(*model, funds.n_devices)
    spent = None if training is None else funds.spending(training)
    loss, supported, advice = _loss(surface, *model)
    inference, unique = wishes.inference_tokens, wishes.unique_tokens
    return Plan(
        law=surface.facts,
        budget=budget,
        n_params=n_params,
        n_tokens=n_tokens,
        train_flops=funds.quantity,
        loss=loss,
        supported=supported,
        iso_loss=iso_loss_front(reference, inference or 0.0),
        lifetime=lifetime_optimum(reference, inference) if inference else None,
        data=data_limit(surface, funds.point, unique) if unique else None,
        regret=tuple(sorted(regrets, key=lambda regret: -regret.wasted_share)),
        draw_regret=regret_over_draws(model, surface),
        robust=robust_choices(model, surface, others),
        training=training,
        spending=spent,
        next_run=_next_run(subject, funds, wishes.next_run),
        crossovers=_crossovers(subject, funds.point),
        notes=(*subject.notes, *_notes(subject, funds, wishes), *_left_over(budget, spent), *advice),
    )


def _leader(subject: Subject, budget: Budget, devices: Devices | None) -> Funds:
    """Return the funds under the family that needs least for a loss, or reaches the lowest."""
    found = [Funds.of(surface, budget, devices) for surface in subject.surfaces]
    if budget.kind == "loss":
        return min(found, key=lambda funds: funds.point)
    return min(found, key=lambda funds: float(funds.surface.best_loss(funds.surface.law, funds.point).item()))


def _loss(surface: LossSurface, n_params: float, n_tokens: float) -> tuple[Quantity, bool | None, list[str]]:
    """Return the plan's loss, whether the back-test carries it, and what to do where it does not."""
    point = float(np.asarray(surface.loss_of(surface.law)(n_params, n_tokens)).item())
    if surface.fit is None:
        return Quantity(value=point, median=None, interval=None), None, []
    told = extrapolate(surface.fit, n_params=n_params, n_tokens=n_tokens)
    inputs = {"n_params": n_params, "n_tokens": n_tokens, "train_flops": told.train_flops}
    [interval] = surface.fit.draws.intervals(inputs, surface.level, surface.fit.back_test.widen)
    middle = float(np.median(surface.fit.draws.expected(inputs)))
    advice = [] if told.supported else [f"The back-test does not carry a plan this far: {told.advice}."]
    return Quantity(value=point, median=middle, interval=interval), told.supported, advice


def _next_run(subject: Subject, funds: Funds, cost: Budget | None) -> NextRun | None:
    if cost is None:
        return None
    if len(subject.surfaces) > 1:
        pair = leading_pair(subject.surfaces, funds.point)
        decision = winner_decision(*pair, funds.point)
    else:
        decision = best_size_decision(funds.surface, funds.point)
    largest_cost = Funds.of(funds.surface, cost, funds.devices).point
    return advise_run(decision, funds.point, largest_cost, funds.devices)


def _crossovers(subject: Subject, train_flops: float) -> tuple[Crossover, ...]:
    return compare(subject.fits, train_flops).crossovers if len(subject.fits) > 1 else ()


def _notes(subject: Subject, funds: Funds, wishes: Wishes) -> Iterator[str]:
    surface = funds.surface
    if surface.fit is None:
        facts = surface.facts
        yield f"{facts.name} is published without draws, so the model and its loss have no intervals."
        yield named_law(facts.name).remark
        yield "Training a dense model is taken to cost 6 FLOP for each parameter and token."
    if len(subject.surfaces) > 1:
        names = ", ".join(each.facts.family for each in subject.surfaces)
        yield f"Of {names}, {surface.facts.family} is planned, as its law does best with this budget."
    if funds.budget.kind == "loss" and funds.draws is not None and np.isinf(funds.draws).any():
        share = float(np.isinf(funds.draws).mean())
        yield f"In {share:.1%} of the law's draws no compute reaches a loss of {funds.budget.amount:g}."
    if wishes.inference_tokens:
        yield "A token of inference is taken to cost a third of the FLOP of one of training: 2 N."


def _left_over(budget: Budget, spent: Spending | None) -> Iterator[str]:
    """Say when a budget of money or days is not spent whole."""
    if spent is None or budget.kind not in ("usd", "days"):
        return
    used = spent.usd if budget.kind == "usd" else spent.days
    if used is not None and used.value < NEARLY_ALL * budget.amount:
        yield (
            f"{1 - used.value / budget.amount:.0%} of the budget is left: a somewhat larger model divides "
            "worse over these devices and would take more than all of it."
        )
