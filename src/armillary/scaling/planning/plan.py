"""A plan: which model to train on how much data, what it costs, and how sure the law is of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

from armillary.core.errors import CheckpointError, RequestError
from armillary.core.files import read_json, write_json
from armillary.core.plain import from_plain, to_plain
from armillary.fitting.uncertainty import Interval
from armillary.runs.provenance import Provenance, provenance
from armillary.scaling.comparison import Crossover
from armillary.scaling.systems.training import TrainingEstimate

FORMAT = 2
BudgetKind = Literal["flops", "usd", "days", "loss"]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number with its interval, where the law has draws that one can be made of."""

    value: float  # by the law itself
    median: float | None  # of the law's draws
    interval: Interval | None  # None: the law comes without draws, so no interval is known


@dataclass(frozen=True, kw_only=True)
class LawFacts:
    """The law that a plan rests on."""

    name: str  # "hoffmann", or of a fit its law's registered name
    family: str  # of models; empty: not said
    formula: str
    source: str  # the paper with the place in it, or what was fitted
    parameters: Mapping[str, float]  # by name
    standard_errors: Mapping[str, float]  # as published; empty: none
    n_observations: int  # that were fitted here; 0: a published law
    n_draws: int  # of the law, which intervals are made of; 0: it has none
    largest_flops: float | None  # training FLOP of the largest run that was fitted
    flops_per_param_token: float  # training FLOP of a token over n_params, for large models; mostly 6


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What may be spent, or what has to be reached."""

    kind: BudgetKind  # what the amount is of
    amount: float  # FLOP, US dollars, days or nats per unit


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What training the plan takes on its devices: the law's uncertainty and the utilisation's together."""

    device: str  # its name in the catalogue
    n_devices: int
    days: Quantity
    device_hours: Quantity
    kwh: Quantity | None  # None: the device's power is not known
    usd: Quantity | None  # None: the device has no price
    usd_per_hour: float | None  # of one device
    source: str  # of the price


@dataclass(frozen=True, kw_only=True)
class IsoLossPoint:
    """A model of another size with the loss of the plan's model."""

    size_ratio: float  # its n_params over the plan's
    n_params: float
    n_tokens: Quantity  # that it has to be trained on
    train_flops: Quantity
    extra_flops: Quantity  # of training, over the plan's
    saved_flops: float  # of inference over the tokens that were stated; below zero for a larger model
    lifetime_flops: Quantity  # training and inference together
    break_even_tokens: Quantity | None  # of inference that pay for the extra training; None: a larger model


@dataclass(frozen=True, kw_only=True)
class LifetimeOptimum:
    """The model of the plan's loss with the least compute in training and inference together."""

    inference_tokens: float  # that will be served
    n_params: Quantity
    n_tokens: Quantity
    train_flops: Quantity
    lifetime_flops: Quantity  # training and inference together
    saved_flops: Quantity  # over the plan's model, in training and inference together
    saved_share: Quantity  # of the lifetime compute of the plan's model


@dataclass(frozen=True, kw_only=True)
class DataLimit:
    """The plan under a ceiling of unique data, repeats being worth less and less."""

    n_unique_tokens: float  # distinct ones that there are
    binding: bool  # whether the best plan without the ceiling needs more than that
    n_params: Quantity
    n_tokens: Quantity  # seen in training, repeats counted
    epochs: Quantity
    loss: Quantity
    loss_increase: Quantity  # over the plan without the ceiling
    equivalent_flops: Quantity  # that reach the same loss where fresh data has no end
    one_epoch_loss: Quantity  # loss of the best use of the budget that repeats nothing
    source: str  # of the constants of repeated data


@dataclass(frozen=True, kw_only=True)
class Regret:
    """What the plan gives up when another law is the true one."""

    law: str  # that is true instead
    source: str
    n_params: float  # best under that law
    n_tokens: float
    loss: float  # of the plan under that law
    best_loss: float  # that the same compute would reach under that law
    loss_increase: float  # loss less best_loss
    wasted_share: float  # of the compute: that much less would reach the plan's loss, split as that law asks


@dataclass(frozen=True, kw_only=True)
class DrawRegret:
    """What the plan gives up when a draw of its own law is the true one."""

    expected_loss_increase: float  # mean over draws
    loss_increase_90: float  # 90% quantile over draws
    expected_wasted_share: float  # of the compute: mean over draws
    wasted_share_90: float  # 90% quantile over draws


@dataclass(frozen=True, kw_only=True)
class RobustChoice:
    """The split of the budget that is best against all laws that were considered."""

    criterion: Literal["expected regret", "minimax regret"]  # what is least
    n_params: float
    n_tokens: float
    regret: float  # nats per unit: expected over draws, or the worst over laws
    plan_regret: float  # the same of the plan's own split
    over: tuple[str, ...]  # the laws


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A run that could be added, and how far it would narrow the decision."""

    family: str
    n_params: float
    n_tokens: float
    train_flops: float
    usd: float | None  # None: no device was named, it has no price, or no layout for so small a model
    variance_removed: float  # expected share of the decision's variance
    error_probability: float | None  # of naming the wrong family after it; None: one family
    variance_removed_per_flop: float  # the same over train_flops


@dataclass(frozen=True, kw_only=True)
class NextRun:
    """Which run to add, to narrow a decision most."""

    decision: str  # "ln N of the best model at 5.8e23 FLOP"
    target_flops: float  # compute at which the decision is taken
    largest_cost: float  # FLOP that the run may take
    spread: float  # standard deviation of the decision's quantity now
    error_probability: float | None  # of naming the wrong family now; None: one family
    best: Candidate  # narrows most of those within the cost
    per_cost: Candidate  # narrows most per FLOP
    candidates: tuple[Candidate, ...]  # all that were weighed, the most narrowing first
    method: str  # how it was worked out


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The answer to a budget."""

    law: LawFacts
    budget: Budget
    n_params: Quantity
    n_tokens: Quantity
    train_flops: Quantity
    loss: Quantity  # nats per unit; of a fit: predictive, as a new run would measure it
    supported: bool | None  # whether the back-test carries the loss this far out; None: a published law
    iso_loss: tuple[IsoLossPoint, ...]  # in order of size
    lifetime: LifetimeOptimum | None  # None: no inference was stated
    data: DataLimit | None  # None: no ceiling was stated
    regret: tuple[Regret, ...]  # the largest first
    draw_regret: DrawRegret | None  # None: the law has no draws
    robust: tuple[RobustChoice, ...]
    training: TrainingEstimate | None  # of the plan's model; None: no device was named
    spending: Spending | None  # of that training, with the law's uncertainty; None likewise
    next_run: NextRun | None  # None: not asked for
    crossovers: tuple[Crossover, ...]  # of the families of the subject, the most probable first
    notes: tuple[str, ...]  # what a reader must know: assumptions, limits

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; numbers that are infinite become null."""
        plain: dict[str, Any] = to_plain(self)
        return plain


class SavedPlan(TypedDict):
    """A file of one plan."""

    format: int  # of the file
    provenance: Provenance
    plan: Annotated[dict[str, Any], Plan]


def save_plan(plan: Plan, path: Path) -> None:
    """Write ``plan`` to ``path`` as plan.json, atomically."""
    saved: SavedPlan = {"format": FORMAT, "provenance": provenance(), "plan": plan.to_dict()}
    write_json(path, saved)


def load_plan(path: Path) -> Plan:
    """Read what ``save_plan`` wrote.  CheckpointError when the file is damaged or of another version."""
    if not path.is_file():
        raise RequestError(f"there is no file {path}; make it with: armillary plan SUBJECT --out {path}")
    data = read_json(path)
    if not isinstance(data, dict) or data.get("format") != FORMAT or "plan" not in data:
        raise CheckpointError(
            f"{path} holds no plan of format {FORMAT}; make it with: armillary plan SUBJECT --out {path}"
        )
    try:
        plan: Plan = from_plain(Plan, data["plan"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged ({error!r}); make it again with: armillary plan") from error
    return plan
