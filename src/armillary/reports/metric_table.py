"""Metrics of models and baselines, side by side on one split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from armillary.reports import numbers
from armillary.reports.page import Row, Table, with_interval
from armillary.reports.words import Words

Metrics = Mapping[str, float]
OF_A_HUNDRED = ("bleu", "chrf", "chrf_plus_plus", "ter", "rouge1", "rouge2", "rougeL")  # from 0 to 100
_ENDS = ("_low", "_high")  # x_low and x_high are the interval of x


def metric_table(
    caption: str, models: Sequence[tuple[str, Metrics, int | None]], names: Sequence[str], words: Words
) -> Table:
    """Return a table of (name, metrics, index of the family's colour), a row each, a column per metric.

    Of ``names``, those that are the interval of another stand beside it instead.
    """
    shown = [name for name in names if not (name.endswith(_ENDS) and name.rpartition("_")[0] in names)]
    places = {
        name: 1
        if name in OF_A_HUNDRED
        else numbers.decimals(max(abs(metrics[name]) for _, metrics, _ in models), 4)
        for name in shown
    }
    rows = [
        Row([model, *(_cell(metrics, name, places[name]) for name in shown)], index)
        for model, metrics, index in models
    ]
    columns = [words("col.model"), *(words.either(f"metric.{name}", name) for name in shown)]
    n_intervals = sum(f"{name}_low" in names for name in shown)
    return Table(caption, columns, rows, stacked=n_intervals > 2)


def _cell(metrics: Metrics, name: str, places: int) -> str:
    low, high = (metrics.get(name + end) for end in _ENDS)
    known = low is not None and high is not None
    return with_interval(
        f"{metrics[name]:.{places}f}", f"[{low:.{places}f}, {high:.{places}f}]" if known else ""
    )
