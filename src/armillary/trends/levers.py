"""Which lever moves a plan most per dollar: quantization, sparsity, distillation, longer training, data used
again, cheaper hardware.

A pure function of what the user states: the model, its tokens, what it will serve, and the price of compute.
Gains are those of the record's innovations, each with its paper; they are of the cases the papers tell of.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from armillary.core.errors import RequestError
from armillary.trends.record.innovations import Innovation, innovations

TRAIN, SERVE = 6.0, 2.0  # FLOP per parameter and token (Kaplan et al. 2020, section 2.1)
STUDENT = 0.6  # parameters of DistilBERT over its teacher's
QUANTIZING_HOURS = 4.0 / 175e9  # of one GPU per parameter: GPTQ takes four for 175e9
REPEATS = 4.0  # epochs after which data are about as good as new (Muennighoff et al. 2023)

EqualLoss = Callable[[float], float]  # share of the parameters -> factor of training compute at equal loss


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A plan and what it costs."""

    n_params: float
    n_tokens: float  # of training
    served_tokens: float  # over the model's life
    flop_per_usd: float  # delivered when training
    serving_flop_per_usd: float  # delivered when serving
    usd_per_device_hour: float
    usd_per_token: float = 0.0  # price of a new token of training data

    def __post_init__(self) -> None:
        prices = (self.flop_per_usd, self.serving_flop_per_usd, self.usd_per_device_hour)
        if min(self.n_params, self.n_tokens, *prices) <= 0 or min(self.served_tokens, self.usd_per_token) < 0:
            raise RequestError(
                "sizes, tokens and prices of a plan are above zero; what it serves may be zero"
            )

    @property
    def training_usd(self) -> float:
        """Compute of training."""
        return TRAIN * self.n_params * self.n_tokens / self.flop_per_usd

    @property
    def data_usd(self) -> float:
        """New training tokens."""
        return self.n_tokens * self.usd_per_token

    @property
    def serving_usd(self) -> float:
        """Compute of serving, over the model's life."""
        return SERVE * self.n_params * self.served_tokens / self.serving_flop_per_usd

    @property
    def usd(self) -> float:
        """All of it."""
        return self.training_usd + self.data_usd + self.serving_usd


@dataclass(frozen=True, kw_only=True)
class LeverEffect:
    """What one lever does to the cost of a plan."""

    name: str
    usd_before: float
    usd_after: float  # without the lever's own cost
    lever_usd: float  # to pull it once
    how: str  # in words, with the figure used
    source: str

    @property
    def saved_usd(self) -> float:
        """What is saved beyond the lever's own cost; negative where it does not pay."""
        return self.usd_before - self.usd_after - self.lever_usd

    @property
    def saved_per_usd(self) -> float:
        """Saving for each dollar that the lever costs; infinite where it costs nothing and saves."""
        gross = self.usd_before - self.usd_after
        if self.lever_usd > 0:
            return gross / self.lever_usd
        return math.inf if gross > 0 else 0.0


def levers(
    plan: Workload,
    *,
    price_performance: float,
    price_source: str,
    equal_loss: EqualLoss | None = None,
    smaller: float = 0.5,
) -> tuple[LeverEffect, ...]:
    """Return what each lever does, the largest saving first.

    ``price_performance`` is the factor of FLOP per dollar of the cheaper hardware, ``price_source`` where it
    comes from.  ``equal_loss`` is a law's answer to: at this share of the parameters, how much more training
    compute for the same loss?  Without one, longer training is left out.  RequestError for factors that are
    not above zero.
    """
    if price_performance <= 0 or not 0 < smaller < 1:
        raise RequestError("price-performance is a factor above zero, and a smaller model a share below one")
    effects = [
        _quantization(plan),
        _sparsity(plan),
        _distillation(plan),
        _reuse(plan),
        _hardware(plan, price_performance, price_source),
    ]
    if equal_loss is not None:
        effects.append(_longer(plan, smaller, equal_loss(smaller)))
    return tuple(sorted(effects, key=lambda effect: -effect.saved_usd))


def _figure(name: str) -> tuple[Innovation, float]:
    entry = next(entry for entry in innovations() if entry.name == name)
    return entry, entry.factor or 1.0


def _effect(plan: Workload, name: str, after: float, cost: float, how: str, source: str) -> LeverEffect:
    return LeverEffect(
        name=name, usd_before=plan.usd, usd_after=after, lever_usd=cost, how=how, source=source
    )


def _quantization(plan: Workload) -> LeverEffect:
    entry, factor = _figure("GPTQ")
    after = plan.usd - plan.serving_usd * (1 - 1 / factor)
    cost = QUANTIZING_HOURS * plan.n_params * plan.usd_per_device_hour
    how = f"weights of 3 or 4 bits serve {factor:g} times faster"
    return _effect(plan, "quantization", after, cost, how, entry.paper)


def _sparsity(plan: Workload) -> LeverEffect:
    entry, factor = _figure("Switch Transformer")
    after = plan.usd - plan.training_usd * (1 - 1 / factor)
    how = f"sparse experts reach the loss with {factor:g} times less training compute, on more memory"
    return _effect(plan, "sparsity", after, 0.0, how, entry.paper)


def _distillation(plan: Workload) -> LeverEffect:
    entry, factor = _figure("DistilBERT")
    after = plan.usd - plan.serving_usd * (1 - 1 / factor)
    student = (TRAIN * STUDENT + SERVE) * plan.n_params * plan.n_tokens  # and the teacher's forward passes
    how = f"a student of {STUDENT:.0%} of the parameters serves {factor:g} times faster, at 97% of the score"
    return _effect(plan, "distillation", after, student / plan.flop_per_usd, how, entry.paper)


def _reuse(plan: Workload) -> LeverEffect:
    entry, _ = _figure("Repeated data")
    after = plan.usd - plan.data_usd * (1 - 1 / REPEATS)
    how = f"{REPEATS:g} epochs over a quarter of the tokens instead of new ones"
    return _effect(plan, "data reuse", after, 0.0, how, entry.paper)


def _hardware(plan: Workload, factor: float, source: str) -> LeverEffect:
    after = plan.data_usd + (plan.training_usd + plan.serving_usd) / factor
    return _effect(plan, "cheaper hardware", after, 0.0, f"{factor:.3g} times the FLOP for a dollar", source)


def _longer(plan: Workload, smaller: float, compute: float) -> LeverEffect:
    """A smaller model of equal loss: its training costs ``compute`` times as much, serving in proportion."""
    tokens = compute / smaller
    extra = plan.training_usd * (compute - 1) + plan.data_usd * (
        tokens - 1
    )  # below zero for an oversized plan
    after = plan.training_usd + plan.data_usd + plan.serving_usd * smaller + min(extra, 0.0)
    how = f"{smaller:.0%} of the parameters on {tokens:.3g} times the tokens, at equal loss"
    return _effect(plan, "longer training", after, max(extra, 0.0), how, "the law that was given")
