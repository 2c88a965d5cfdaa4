"""What money buys: the model that a budget affords in which year, and the lever that moves a plan most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from armillary.cli.output import emit, table
from armillary.core.errors import ConfigError, RequestError, UnknownNameError
from armillary.core.hardware import Accelerator, accelerator, accelerators
from armillary.core.units import format_count, format_flop, format_usd, parse_count

if TYPE_CHECKING:
    from armillary.cli.facts import AffordableFacts, LeverFacts, LeversFacts
    from armillary.cli.trends_subjects import Question
    from armillary.scaling.planning.named import NamedLaw
    from armillary.trends.affordable import Affordable
    from armillary.trends.levers import LeverEffect, Workload
    from armillary.trends.projection import Projection

RENT = "hardware_fp16_per_rent"
HOUR = 3600.0
LAW = "hoffmann"
START = 1e9  # parameters from which the best size is searched
SMALLER = 0.5  # of the parameters: longer training
AFFORDABLE_WORDS = ("usd", "flop", "law", "utilisation")
LEVER_WORDS = (
    "params", "tokens", "served", "device", "to", "law", "utilisation", "serving_utilisation",
    "usd_per_token",
)  # fmt: skip


def affordable(question: Question, projected: Callable[..., Projection]) -> None:
    """Answer ``affordable usd=1e7``: the model of lowest loss that the money pays for in each year."""
    from armillary.trends.affordable import affordable as models_for
    from armillary.trends.affordable import probability_affordable
    from armillary.trends.projection import trend_paths
    from armillary.trends.record.assumptions import assumptions

    said = _words(question, AFFORDABLE_WORDS, needed=("usd",))
    usd = parse_count(said["usd"])
    law = _law(said)
    projection = projected(RENT)
    first = np.ceil(projection.series.dates.max())
    years = np.arange(first, max(question.until, first) + 0.5)
    rates = trend_paths(projection, years)
    assumed = {"utilisation": said["utilisation"]} if "utilisation" in said else {}
    shares = assumptions(assumed)["utilisation"].at(np.random.default_rng(question.seed).random(len(rates)))
    delivered = rates + np.log10(HOUR * shares)[:, None]  # log10 of FLOP per USD
    found = models_for(usd, years, delivered, _split(law))
    chance = None
    if "flop" in said:
        chance = probability_affordable(parse_count(said["flop"]), usd, delivered)
    _emit_affordable(usd, found, chance, law, projection, question.as_json)


def _split(law: NamedLaw) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    from armillary.scaling.compute import FlopsPerToken, optimal_split

    return lambda flops: optimal_split(law.law, FlopsPerToken(slope=6.0, offset=0.0), flops, START)


def _emit_affordable(
    usd: float,
    found: tuple[Affordable, ...],
    chance: np.ndarray | None,
    law: NamedLaw,
    projection: Projection,
    as_json: bool,
) -> None:
    from armillary.trends.trend_file import plain

    if as_json:
        facts: AffordableFacts = {
            "usd": usd,
            "law": law.name,
            "law_source": law.source,
            "years": plain(found),
            "probability": None if chance is None else plain(chance),
            "price_performance": {
                "selection": projection.series.selection,
                "method": projection.method,
                "per_year": plain(projection.growth.overall.per_year, not_finite=lambda _: None),
            },
        }
        emit(facts, True, "")
        return
    rate = projection.growth.overall.per_year
    print(
        f"for {format_usd(usd)}: FLOP per dollar grow {rate.value:.2f} times a year "
        f"({rate.interval.low:.2f} to {rate.interval.high:.2f}), {projection.series.selection}"
    )
    rows = []
    for i, one in enumerate(found):
        cells = [f"{one.year:.0f}", _flop(one.train_flops), _count(one.n_params), _count(one.n_tokens)]
        rows.append(cells if chance is None else [*cells, f"{chance[i]:.0%}"])
    titles = ["year", "training FLOP (90%)", "parameters", "tokens"]
    table(titles if chance is None else [*titles, "affordable"], rows)
    print(f"split by {law.name}: {law.source}")


def _flop(estimate: Any) -> str:
    low, high = estimate.interval.low, estimate.interval.high
    return f"{format_flop(estimate.value)} ({format_flop(low)} to {format_flop(high)})"


def _count(estimate: Any) -> str:
    low, high = estimate.interval.low, estimate.interval.high
    return f"{format_count(estimate.value)} ({format_count(low)} to {format_count(high)})"


def levers(question: Question) -> None:
    """Answer ``levers params=70B tokens=1.4T served=10T device=a100``: which lever saves most, and why."""
    from armillary.trends.levers import Workload
    from armillary.trends.levers import levers as effects_of
    from armillary.trends.record.assumptions import assumptions

    said = _words(question, LEVER_WORDS, needed=("params", "tokens", "served", "device"))
    device = accelerator(said["device"])
    usual = assumptions()["utilisation"].median
    training = parse_count(said.get("utilisation", usual))
    serving = parse_count(said.get("serving_utilisation", training))
    flop_per_usd = _flop_per_usd(device)
    plan = Workload(
        n_params=parse_count(said["params"]),
        n_tokens=parse_count(said["tokens"]),
        served_tokens=parse_count(said["served"]),
        flop_per_usd=flop_per_usd * training,
        serving_flop_per_usd=flop_per_usd * serving,
        usd_per_device_hour=device.usd_per_hour or 0.0,
        usd_per_token=parse_count(said.get("usd_per_token", 0.0)),
    )
    other = accelerator(said["to"]) if "to" in said else _cheapest()
    law = _law(said)
    found = effects_of(
        plan,
        price_performance=_flop_per_usd(other) / flop_per_usd,
        price_source=f"{other.name} instead of {device.name}: {other.price_source}",
        equal_loss=_equal_loss(law, plan),
        smaller=SMALLER,
    )
    _emit_levers(
        plan, found, f"{training:g} of peak when training, {serving:g} when serving", question.as_json
    )


def _flop_per_usd(device: Accelerator) -> float:
    """Return the peak FLOP at 16 bits that a dollar's rent buys."""
    if device.usd_per_hour is None:
        raise RequestError(f"no price of {device.name} is known; `armillary list hardware` shows which are")
    return device.peak("bf16") * HOUR / device.usd_per_hour


def _cheapest() -> Accelerator:
    priced = [d for d in accelerators() if d.usd_per_hour is not None and "bf16" in d.peak_flops]
    return max(priced, key=_flop_per_usd)


def _equal_loss(law: NamedLaw, plan: Workload) -> Callable[[float], float] | None:
    """Return a law's factor of training compute for a smaller model of equal loss; None where none has it."""
    curve = law.law
    target = float(curve(plan.n_params, plan.n_tokens))
    left = target - curve.E - curve.A / (SMALLER * plan.n_params) ** curve.alpha
    if left <= 0:
        return None
    tokens = float((curve.B / left) ** (1 / curve.beta))
    return lambda share: share * tokens / plan.n_tokens


def _emit_levers(plan: Workload, found: tuple[LeverEffect, ...], rates: str, as_json: bool) -> None:
    if as_json:
        effects = [_lever_facts(one) for one in found]
        facts: LeversFacts = {
            "usd": plan.usd,
            "costs": {
                "training": plan.training_usd,
                "data": plan.data_usd,
                "serving": plan.serving_usd,
            },
            "delivered": rates,
            "levers": effects,
        }
        emit(facts, True, "")
        return
    print(
        f"the plan costs {format_usd(plan.usd)}: training {format_usd(plan.training_usd)}, "
        f"data {format_usd(plan.data_usd)}, serving {format_usd(plan.serving_usd)} ({rates})"
    )
    table(
        ["lever", "saves", "costs", "saved per dollar", "how", "source"],
        [
            [
                one.name,
                format_usd(one.saved_usd) if one.saved_usd >= 0 else f"-{format_usd(-one.saved_usd)}",
                format_usd(one.lever_usd),
                f"{one.saved_per_usd:,.3g}" if np.isfinite(one.saved_per_usd) else "costs nothing",
                one.how,
                one.source,
            ]
            for one in found
        ],
    )


def _lever_facts(one: LeverEffect) -> LeverFacts:
    return {
        "name": one.name,
        "usd_before": one.usd_before,
        "usd_after": one.usd_after,
        "lever_usd": one.lever_usd,
        "how": one.how,
        "source": one.source,
        "saved_usd": one.saved_usd,
        "saved_per_usd": one.saved_per_usd if np.isfinite(one.saved_per_usd) else None,
    }


def _law(said: Mapping[str, str]) -> NamedLaw:
    from armillary.scaling.planning.named import named_law

    return named_law(said.get("law", LAW))


def _words(question: Question, known: tuple[str, ...], needed: tuple[str, ...]) -> dict[str, str]:
    """Return ``usd=1e7`` and the like by name; errors say what to write."""
    said = {}
    for word in question.words:
        name, sign, value = word.partition("=")
        if name not in known:
            raise UnknownNameError(f"word of {question.subject}", name, known)
        if not sign or not value.strip():
            raise ConfigError(f"{word!r} sets nothing; write {name}=VALUE")
        said[name] = value.strip()
    if missing := [name for name in needed if name not in said]:
        raise RequestError(f"{question.subject} needs {', '.join(missing)}; write {missing[0]}=VALUE")
    return said
