"""The tables of a ladder alone, as rows of finished text."""

from __future__ import annotations

from collections.abc import Mapping

from armillary.reports import numbers
from armillary.reports.check_figures import residuals
from armillary.reports.metric_table import Metrics, metric_table
from armillary.reports.page import Row, Table, columns_named, with_interval
from armillary.reports.words import Words
from armillary.scaling.analysis import LadderAnalysis


def check_table(analysis: LadderAnalysis, words: Words) -> Table:
    """Return the models that were held out: predicted, measured, inside or not."""
    rows = []
    for index, family in enumerate(analysis.families):
        for check in family.checks:
            claim = check.extrapolation
            cells = [
                words.family(family.family),
                numbers.count(claim.n_params),
                numbers.count(claim.n_tokens),
                numbers.times(claim.compute_ratio),
                with_interval(numbers.loss(claim.loss), numbers.interval(claim.interval_90)),
                numbers.loss(check.measured),
                numbers.signed_percent(check.error),
                words("yes" if check.inside else "no"),
            ]
            rows.append(Row(cells, index))
    columns = "family params tokens ratio predicted measured error inside"
    return Table(words("backtest.checks"), columns_named(words, columns), rows)


def run_table(analysis: LadderAnalysis, words: Words) -> Table:
    """Return every run: size, data, compute, loss, what the law leaves over, time and speed."""
    rows = []
    for index, family in enumerate(analysis.families):
        rows.append(Row([words.family(family.family)], index, heading=True))
        rest = {o.name: residual for o, residual in residuals(family)}
        for o in sorted(family.observations, key=lambda o: (o.n_params, o.n_tokens)):
            speed = None if not o.seconds else numbers.count(o.n_tokens / o.seconds)
            cells = [
                numbers.count(o.n_params),
                numbers.count(o.n_tokens),
                numbers.flop(o.train_flops),
                numbers.loss(o.loss),
                numbers.signed_percent(rest[o.name]) if o.name in rest else numbers.NONE,
                numbers.NONE if o.seconds is None else words.seconds(o.seconds),
                speed or numbers.NONE,
            ]
            tag = words("runs.held_out") if o.role == "held-out" else ""
            rows.append(Row(cells, tag=tag, lead=bool(tag)))
    unit = words.unit(analysis.unit)
    columns = columns_named(words, "params tokens flop loss residual seconds speed", unit=unit)
    return Table(words("runs.table", unit=unit), columns, rows)


def baseline_table(analysis: LadderAnalysis, best: Mapping[str, Metrics], words: Words) -> Table | None:
    """Return the baselines beside each family's best run on the test split; None without baselines.

    ``best`` has the metrics of those runs by family.  Only what both measured is compared.
    """
    if not analysis.baselines:
        return None
    everyone = [*analysis.baselines.values(), *best.values()]
    shown = [name for name in everyone[0] if all(name in metrics for metrics in everyone)]
    index = {f.family: i for i, f in enumerate(analysis.families)}
    named: list[tuple[str, Metrics, int | None]] = [
        (name, metrics, None) for name, metrics in analysis.baselines.items()
    ]
    named += [(words.family(family), metrics, index[family]) for family, metrics in best.items()]
    return metric_table(words("baselines.table"), named, shown, words)
