from dataclasses import replace

from armillary.reports.cost_tables import choice_table, cost_table, machine_table
from armillary.reports.words import Words

EN = Words("en")


def test_unsupported_sizes_are_marked(analysis):
    costs = [replace(cost, supported=cost.scale < 50) for cost in analysis.costs]
    rows = cost_table(replace(analysis, costs=tuple(costs)), EN).rows
    assert [bool(row.tag) for row in rows] == [False, True, True]


def test_here_the_cheapest_and_the_fastest_are_shown_first_and_all_below(analysis):
    choices, everything = choice_table(analysis, EN).rows, machine_table(analysis, EN).rows
    first = analysis.costs[0]
    shown = choices[1 : choices.index(next(row for row in choices[1:] if row.heading))]
    assert shown[0].cells[0] == "this machine"
    tags = {row.tag: row.cells[0] for row in shown[1:]}
    priced = [m for m in first.machines if m.usd is not None]
    bought = [m for m in first.machines if m.utilisation is not None]
    cheapest = min(priced, key=lambda m: m.usd.value)
    fastest = min(bought, key=lambda m: m.seconds.value)
    assert tags["cheapest"].endswith(cheapest.machine)
    assert tags["fastest"].endswith(fastest.machine)
    assert len(everything) == sum(1 + len(cost.machines) for cost in analysis.costs)


def test_what_is_not_known_is_a_dash(analysis):
    [here] = [row for row in machine_table(analysis, EN).rows if row.cells[0] == "this machine"][:1]
    assert here.cells[-3:] == ["–", "–", "–"]
