"""The tables of what larger models would cost."""

from __future__ import annotations

from collections.abc import Sequence

from armillary.reports import numbers
from armillary.reports.page import Row, Table, columns_named, spanned, with_interval
from armillary.reports.words import Words
from armillary.scaling.analysis import LadderAnalysis
from armillary.scaling.cost import Cost, MachineCost


def cost_table(analysis: LadderAnalysis, words: Words) -> Table:
    """Return size, data, compute and loss of the larger models."""
    rows = []
    for cost in analysis.costs:
        cells = [
            numbers.times(cost.scale),
            numbers.count(cost.n_params),
            spanned(cost.n_tokens, numbers.count),
            numbers.NONE if cost.epochs is None else spanned(cost.epochs, numbers.times),
            spanned(cost.train_flops, numbers.flop),
            spanned(cost.loss),
        ]
        rows.append(Row(cells, tag="" if cost.supported else words("cost.unsupported")))
    columns = columns_named(words, "scale params data epochs flop loss", unit=words.unit(analysis.unit))
    return Table(words("cost.table"), columns, rows, stacked=True)


def choice_table(analysis: LadderAnalysis, words: Words) -> Table:
    """Return what training every larger model takes here, on the cheapest machine and on the fastest."""
    rows = []
    for cost in analysis.costs:
        rows.append(_heading(cost, words))
        for machine, reasons in _choices(cost):
            tag = words("list.join").join(words(f"cost.{reason}") for reason in reasons)
            rows.append(Row(_machine(machine, words), tag=tag))
    return Table(words("cost.machines"), _machine_columns(words), rows, stacked=True)


def machine_table(analysis: LadderAnalysis, words: Words) -> Table:
    """Return what training every larger model takes on every machine."""
    rows = []
    for cost in analysis.costs:
        rows.append(_heading(cost, words))
        rows += [Row(_machine(machine, words)) for machine in cost.machines]
    return Table(words("cost.all_machines"), _machine_columns(words), rows, stacked=True)


def _choices(cost: Cost) -> list[tuple[MachineCost, Sequence[str]]]:
    """Return the machines to show first, and why: measured ones, the cheapest, the fastest."""
    reasons: dict[int, list[str]] = {i: [] for i, m in enumerate(cost.machines) if m.utilisation is None}
    others = [i for i, m in enumerate(cost.machines) if m.utilisation is not None]
    priced = [(m.usd.value, i) for i, m in enumerate(cost.machines) if m.usd is not None]
    if priced:
        reasons.setdefault(min(priced)[1], []).append("cheapest")
    if others:
        fastest = min(others, key=lambda i: cost.machines[i].seconds.value)
        reasons.setdefault(fastest, []).append("fastest")
    return [(cost.machines[i], why) for i, why in reasons.items()]


def _heading(cost: Cost, words: Words) -> Row:
    scale, params = numbers.times(cost.scale), numbers.count(cost.n_params)
    return Row([words("cost.scale", scale=scale, params=params)], heading=True)


def _machine_columns(words: Words) -> list[str]:
    return columns_named(words, "machine rate time device_hours energy money memory")


def _machine(machine: MachineCost, words: Words) -> list[str]:
    name = words.either(f"machine.{machine.machine}", machine.machine)
    if machine.utilisation is None:
        basis = words("cost.measured")
    else:
        basis = words("cost.utilisation", share=f"{machine.utilisation:.0%}")
    memory = {True: words("cost.fits"), False: words("cost.too_large"), None: numbers.NONE}[
        machine.fits_memory
    ]
    return [
        name if machine.n_devices == 1 else f"{machine.n_devices} × {name}",
        with_interval(numbers.flop_rate(machine.flops_per_second), basis),
        spanned(machine.seconds, words.seconds),
        numbers.plain(machine.seconds.value * machine.n_devices / 3600, 2),
        numbers.NONE if machine.kwh is None else spanned(machine.kwh, numbers.energy),
        numbers.NONE if machine.usd is None else spanned(machine.usd, numbers.usd),
        memory,
    ]
