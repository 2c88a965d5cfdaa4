"""The report of a plan: which model to train, what it costs, how wrong it may be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from armillary.reports import law_tables, numbers, plan_figures, plan_tables
from armillary.reports.commands import plan_command
from armillary.reports.page import render
from armillary.reports.provenance_facts import file_facts
from armillary.reports.words import Words
from armillary.scaling.planning.plan import Plan

_STATUS = {True: "supported", False: "too-far", None: "published"}
_AMOUNTS = {"flops": numbers.flop, "usd": numbers.usd, "days": numbers.plain, "loss": numbers.loss}


def plan_page(plan: Plan, provenance: Mapping[str, Any], path: Path, words: Words) -> str:
    """Return the page about ``plan``, which ``path`` holds with its ``provenance``."""
    view = _story(plan, words) | _doubts(plan, words) | _hardware(plan, words)
    view |= {"file": path.name, "command": plan_command(plan), "provenance": file_facts(provenance, words)}
    return render("plan.html", words, plan=plan, **view, sections=_sections(view))


def budget_text(plan: Plan, words: Words) -> str:
    """Return what may be spent or has to be reached, in words."""
    return words(f"budget.{plan.budget.kind}", amount=_AMOUNTS[plan.budget.kind](plan.budget.amount))


def _story(plan: Plan, words: Words) -> dict[str, Any]:
    """What a lead reads: the model, its price, what a smaller one would save."""
    size, data = numbers.count(plan.n_params.value), numbers.count(plan.n_tokens.value)
    return {
        "status": _STATUS[plan.supported],
        "headline": words("plan.headline", params=size, tokens=data),
        "lede": _lede(plan, words),
        "stats": plan_tables.stats(plan, words),
        "money": plan_tables.money_stats(plan, words),
        "front": plan_figures.front_plate(plan, words) if len(plan.iso_loss) > 1 else None,
        "fronts": plan_tables.front_table(plan, words),
        "lifetime": plan_tables.lifetime_text(plan, words),
    }


def _lede(plan: Plan, words: Words) -> Markup:
    law = f"{plan.law.name}, {words.family(plan.law.family)}" if plan.law.family else plan.law.name
    key = "plan.lede.reach" if plan.budget.kind == "loss" else "plan.lede.spend"
    sure = words("plan.no_intervals" if plan.n_params.interval is None else "plan.intervals")
    return words.rich(key, budget=budget_text(plan, words), law=law, sure=sure)


def _doubts(plan: Plan, words: Words) -> dict[str, Any]:
    """What a sceptic reads: other laws, scarce data, the run that would tell more, where it all rests."""
    spread = plan.draw_regret
    return {
        "regrets": plan_tables.regret_table(plan, words) if plan.regret else None,
        "robust": plan_tables.robust_table(plan, words) if plan.robust else None,
        "draw_regret": words(
            "regret.draws",
            expected=numbers.percent(spread.expected_wasted_share),
            worst=numbers.percent(spread.wasted_share_90),
        )
        if spread
        else "",
        "data": plan_tables.data_table(plan, plan.data, words) if plan.data else None,
        "data_text": words("data.binding" if plan.data.binding else "data.enough") if plan.data else "",
        "next_run": plan_tables.next_run_table(plan, words),
        "crossings": [law_tables.crossing_text(c, words) for c in plan.crossovers if c.probability >= 0.5],
        "law": plan_tables.law_facts(plan, words),
    }


def _hardware(plan: Plan, words: Words) -> dict[str, Any]:
    """What an engineer reads: how the model is laid out, and whether it fits."""
    training = plan.training
    if training is None:
        return {"hardware": None}
    memory = plan_figures.parts_plate(
        "memory",
        words("alt.memory"),
        plan_tables.memory_parts(training, words),
        plan_tables.memory,
        (words("memory.available"), training.memory.available),
    )
    step = plan_figures.parts_plate(
        "step",
        words("alt.step"),
        plan_tables.step_parts(training, words),
        lambda seconds: _spent(plan, seconds / training.step.total, words),
    )
    return {
        "hardware": plan_tables.hardware_facts(training, words),
        "step": step,
        "memory": memory,
        "fits": words("memory.fits" if training.memory.fits else "memory.too_large"),
    }


def _spent(plan: Plan, share: float, words: Words) -> str:
    """Return a share of a step's time, and of the money where that is known."""
    if plan.spending is None or plan.spending.usd is None:
        return f"{share:.0%}"
    return words("step.share", share=f"{share:.0%}", usd=plan_tables.dollars(share * plan.spending.usd.value))


def _sections(view: Mapping[str, Any]) -> list[str]:
    names = {
        "front": view["front"],
        "data": view["data"],
        "regret": view["regrets"] or view["draw_regret"] or view["crossings"],
        "hardware": view["hardware"],
        "next": view["next_run"],
        "sources": True,
        "reproduce": True,
    }
    return [name for name, present in names.items() if present]
