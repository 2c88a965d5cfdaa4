"""The tables and lists of a plan, as finished text."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from armillary.reports import numbers
from armillary.reports.page import Row, Stat, Table, columns_named, spanned, with_interval
from armillary.reports.words import Words
from armillary.scaling.planning.plan import Candidate, DataLimit, Plan, Quantity
from armillary.scaling.systems.training import TrainingEstimate

Facts = list[tuple[str, str | Markup]]
GIB = 2.0**30  # bytes


def told(quantity: Quantity | None, form: Callable[[float], str]) -> str:
    """Return a table cell: the value and, where it has one, its interval."""
    if quantity is None:
        return numbers.NONE
    bounded = numbers.endless(form)
    return with_interval(bounded(quantity.value), _interval(quantity, bounded))


def stats(plan: Plan, words: Words) -> list[Stat]:
    """Return the figures under the headline: size, data, compute, loss."""
    ratio = numbers.plain(plan.n_tokens.value / plan.n_params.value, 3)
    return [
        _stat("params", plan.n_params, numbers.count, words),
        _stat("tokens", plan.n_tokens, numbers.count, words, words("plan.ratio", ratio=ratio)),
        _stat("flop", plan.train_flops, numbers.flop, words),
        _stat("loss", plan.loss, numbers.loss, words),
    ]


def money_stats(plan: Plan, words: Words) -> list[Stat]:
    """Return the figures of what it costs: time, device-hours, energy, money; none without devices."""
    if plan.spending is None:
        return []
    spending = plan.spending
    devices = words("plan.devices", n=f"{spending.n_devices:,}", device=spending.device)
    days = _stat("days", spending.days, _short, words, devices)
    found = [days, _stat("device_hours", spending.device_hours, numbers.count, words)]
    if spending.kwh is not None:
        found.append(_stat("kwh", spending.kwh, numbers.count, words))
    if spending.usd is not None:
        price = words("plan.price", usd=f"{spending.usd_per_hour:g}")
        found.append(_stat("usd", spending.usd, dollars, words, price))
    return found


def _stat(name: str, quantity: Quantity, form: Callable[[float], str], words: Words, note: str = "") -> Stat:
    bounded = numbers.endless(form)
    notes = words("note.join").join(filter(None, (_interval(quantity, bounded), note)))
    return Stat(words(f"plan.{name}"), bounded(quantity.value), notes)


def _interval(quantity: Quantity, form: Callable[[float], str]) -> str:
    """Return an interval as text; empty without one, or where it is narrower than what is written."""
    span = quantity.interval
    return "" if span is None or form(span.low) == form(span.high) else numbers.interval(span, form)


def front_table(plan: Plan, words: Words) -> Table:
    """Return models of the plan's loss by size: data, training, and what a lifetime of inference saves."""
    lifetime = plan.lifetime is not None
    rows = []
    for point in plan.iso_loss:
        own = abs(point.size_ratio - 1) < 1e-9
        cells = [
            numbers.times(point.size_ratio),
            numbers.count(point.n_params),
            told(point.n_tokens, numbers.count),
            told(point.train_flops, numbers.flop),
            *([told(point.lifetime_flops, numbers.flop)] if lifetime else []),
            numbers.NONE if own else told(point.break_even_tokens, numbers.count),
        ]
        rows.append(Row(cells, tag=words("plan.own") if own else "", lead=own))
    columns = f"size params tokens training {'lifetime ' if lifetime else ''}break_even"
    return Table(words("front.table"), columns_named(words, columns), rows, stacked=True)


def lifetime_text(plan: Plan, words: Words) -> str:
    """Return what the cheapest model over training and inference is; empty when none was stated."""
    best = plan.lifetime
    if best is None:
        return ""
    key = "front.optimum" if best.saved_share.value > 0.005 else "front.optimum.same"
    return words(
        key,
        inference=numbers.count(best.inference_tokens),
        params=numbers.count(best.n_params.value),
        tokens=numbers.count(best.n_tokens.value),
        saved=f"{best.saved_share.value:.0%}",
    )


def regret_table(plan: Plan, words: Words) -> Table:
    """Return what the plan gives up if another law is the true one."""
    rows = [
        Row(
            [
                regret.law,
                numbers.count(regret.n_params),
                numbers.count(regret.n_tokens),
                numbers.loss(regret.loss),
                numbers.loss(regret.best_loss),
                numbers.plain(regret.loss_increase, 2),
                numbers.percent(regret.wasted_share),
            ]
        )
        for regret in plan.regret
    ]
    columns = "true_law best_params best_tokens plan_loss best_loss regret wasted"
    return Table(words("regret.table"), columns_named(words, columns), rows)


def robust_table(plan: Plan, words: Words) -> Table:
    """Return the splits of the same budget that give up least."""
    rows = [
        Row(
            [
                words(f"criterion.{choice.criterion}"),
                words("list.join").join(words.either(f"over.{name}", name) for name in choice.over),
                numbers.count(choice.n_params),
                numbers.count(choice.n_tokens),
                numbers.plain(choice.regret, 2),
                numbers.plain(choice.plan_regret, 2),
            ]
        )
        for choice in plan.robust
    ]
    columns = "criterion over params tokens regret plan_regret"
    return Table(words("robust.table"), columns_named(words, columns), rows, text_columns=2)


def data_table(plan: Plan, limit: DataLimit, words: Words) -> Table:
    """Return the plan beside the one that a ceiling of data allows."""
    free = Quantity(value=plan.n_tokens.value / limit.n_unique_tokens, median=None, interval=None)
    rows = [
        Row([words("data.free"), *_of_data(plan.n_params, plan.n_tokens, free, plan.loss), numbers.NONE]),
        Row(
            [
                words("data.limited"),
                *_of_data(limit.n_params, limit.n_tokens, limit.epochs, limit.loss),
                told(limit.equivalent_flops, numbers.flop),
            ],
            lead=True,
        ),
        Row(
            [
                words("data.one_epoch"),
                *[numbers.NONE] * 3,
                told(limit.one_epoch_loss, numbers.loss),
                numbers.NONE,
            ]
        ),
    ]
    columns = columns_named(words, "plan params tokens passes loss worth")
    return Table(
        words("data.table", unique=numbers.count(limit.n_unique_tokens)), columns, rows, stacked=True
    )


def _of_data(size: Quantity, data: Quantity, epochs: Quantity, loss: Quantity) -> list[str]:
    forms = ((size, numbers.count), (data, numbers.count), (epochs, numbers.times), (loss, numbers.loss))
    return [told(quantity, form) for quantity, form in forms]


def next_run_table(plan: Plan, words: Words) -> Table | None:
    """Return the runs that would narrow the decision most; None when that was not asked for.

    Columns that would say the same of every run are left out.
    """
    if plan.next_run is None:
        return None
    best, frugal = plan.next_run.best, plan.next_run.per_cost
    shown = [(best, words("next.best"))]
    shown += [(frugal, words("next.per_cost"))] if _differ(best, frugal) else []
    shown += [(c, "") for c in plan.next_run.candidates if _differ(c, best) and _differ(c, frugal)]
    several = len({candidate.family for candidate, _ in shown}) > 1
    forms: list[tuple[str, Callable[[Candidate], str]]] = [
        *([("family", lambda c: words.family(c.family))] if several else []),
        ("params", lambda c: numbers.count(c.n_params)),
        ("tokens", lambda c: numbers.count(c.n_tokens)),
        ("flop", lambda c: numbers.flop(c.train_flops)),
        *([("money", lambda c: numbers.known(c.usd, numbers.usd))] if best.usd is not None else []),
        ("removed", lambda c: numbers.percent(c.variance_removed)),
    ]
    if best.error_probability is not None:
        forms.append(("wrong", lambda c: numbers.known(c.error_probability, numbers.percent)))
    rows = [Row([form(candidate) for _, form in forms], tag=tag, lead=bool(tag)) for candidate, tag in shown]
    return Table(words("next.table"), [words(f"col.{name}") for name, _ in forms], rows)


def _differ(one: Candidate, other: Candidate) -> bool:
    keys = ("family", "n_params", "n_tokens")
    return any(getattr(one, key) != getattr(other, key) for key in keys)


def hardware_facts(training: TrainingEstimate, words: Words) -> Facts:
    """Return (name, value) pairs on how the model is laid out over its devices."""
    layout, shape = training.layout, training.shape
    sizes = {"layers": shape.n_layers, "heads": shape.n_heads}
    widths = {"width": f"{shape.d_model:,}", "context": f"{shape.context:,}"}
    split = {"tensor": layout.tensor, "pipeline": layout.pipeline, "data": layout.data}
    batch = {"batch": f"{layout.global_batch:,}", "micro": layout.micro_batch}
    facts: list[tuple[str, str]] = [
        ("devices", f"{training.n_devices:,} × {training.cluster.accelerator.name}, {training.precision}"),
        ("shape", words("hardware.shape.text", **sizes, **widths)),
        ("layout", words("hardware.layout.text", **split)),
        ("batch", words("hardware.batch.text", **batch)),
        ("recompute", words(f"recompute.{layout.recompute}")),
        ("zero", words(f"zero.{layout.zero}")),
        ("step", spanned(training.step_seconds, words.seconds)),
        ("utilisation", spanned(training.utilisation, lambda value: f"{value:.0%}")),
    ]
    return [(words(f"hardware.{name}"), value) for name, value in facts]


def memory_parts(training: TrainingEstimate, words: Words) -> list[tuple[str, float]]:
    """Return what fills the memory of the fullest device, in bytes."""
    names = ("weights", "gradients", "optimizer", "activations")
    return [(words(f"memory.{name}"), getattr(training.memory, name)) for name in names]


def step_parts(training: TrainingEstimate, words: Words) -> list[tuple[str, float]]:
    """Return what a step's time goes into, in seconds, less what takes under a two-hundredth of it."""
    parts, total = training.step.seconds(), training.step.total
    return [(words(f"step.{name}"), value) for name, value in parts.items() if value > total / 200]


def memory(value: float) -> str:
    """Return bytes as ``12.3 GiB`` or ``1.3 TiB``."""
    return f"{value / GIB:.3g} GiB" if value < 999.5 * GIB else f"{value / GIB / 1024:.3g} TiB"


def law_facts(plan: Plan, words: Words) -> Facts:
    """Return (name, value) pairs on the law that the plan rests on."""
    law = plan.law
    parameters = words("list.join").join(
        f"{numbers.greek(name)} = {numbers.plain(value, 5)}" for name, value in law.parameters.items()
    )
    facts: Facts = [
        (words("plan.law.name"), law.name),
        (words("plan.law.formula"), Markup(numbers.raised(str(Markup.escape(law.formula))))),
        (words("plan.law.parameters"), parameters),
        (words("plan.law.source"), words.said(law.source)),
    ]
    if law.n_observations:
        facts.append((words("plan.law.runs"), f"{law.n_observations:,}"))
    if law.largest_flops is not None:
        times = numbers.times(plan.train_flops.value / law.largest_flops)
        largest = numbers.flop(law.largest_flops)
        facts.append((words("plan.law.largest"), words("plan.law.reach", flop=largest, times=times)))
    return facts


def _short(value: float) -> str:
    return numbers.plain(value, 3)


def dollars(value: float) -> str:
    """Return money, large sums short: ``$1.78M``."""
    return f"${numbers.count(value)}" if value >= 1e4 else numbers.usd(value)
