"""The tables of a fit file: what larger budgets would buy, how each law was fitted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from armillary.fitting.uncertainty import Estimate, interval_of
from armillary.reports import numbers
from armillary.reports.page import Row, Table, columns_named, spanned, with_interval
from armillary.reports.words import Words
from armillary.scaling.extrapolation import extrapolate
from armillary.scaling.family import FamilyFit
from armillary.scaling.observations import Dropped

SCALES = (1.0, 10.0, 100.0, 1000.0)  # of the largest compute that was fitted


def budget_table(fits: Sequence[FamilyFit], words: Words) -> Table:
    """Return each family's best size, data and loss at multiples of its largest compute."""
    rows = []
    for index, fit in enumerate(fits):
        if len(fits) > 1:
            rows.append(Row([words.family(fit.family)], index, heading=True))
        rows += [_budget(fit, scale, words) for scale in SCALES]
    columns = columns_named(words, "ratio budget params tokens tokens_per_param loss")
    return Table(words("budgets.table"), columns, rows, stacked=True)


def _budget(fit: FamilyFit, scale: float, words: Words) -> Row:
    claim = extrapolate(fit, train_flops=scale * fit.largest_compute)
    cells = [numbers.times(scale), numbers.flop(claim.train_flops)]
    if fit.knows_size:
        size, data = best_split(fit, claim.train_flops)
        ratio = tokens_per_param(fit, claim.train_flops)
        cells += [spanned(size, numbers.count), spanned(data, numbers.count), spanned(ratio, _short)]
    else:
        cells += [numbers.NONE] * 3
    cells.append(with_interval(numbers.loss(claim.loss), numbers.interval(claim.interval_90)))
    return Row(cells, tag="" if claim.supported else words("budgets.unsupported"))


def best_split(fit: FamilyFit, train_flops: float) -> tuple[Estimate, Estimate]:
    """Return the best size and data at one amount of compute, with the intervals of the law's draws."""
    at = np.array([train_flops])
    central, draws = fit.split(at), fit.split(at, fit.draws.laws())
    size, data = (
        Estimate(value=float(value[0]), interval=interval_of(drawn))
        for value, drawn in zip(central, draws, strict=True)
    )
    return size, data


def tokens_per_param(fit: FamilyFit, train_flops: float) -> Estimate:
    """Return the best data per parameter at one amount of compute."""
    at = np.array([train_flops])
    (size, data), (sizes, tokens) = fit.split(at), fit.split(at, fit.draws.laws())
    return Estimate(value=float(data[0] / size[0]), interval=interval_of(tokens / sizes))


def size_exponent(fit: FamilyFit) -> Estimate:
    """Return a of N ~ C^a along the best splits, over ten times beyond the largest compute fitted."""
    at = fit.largest_compute * np.array([1.0, 10.0])
    central, draws = fit.split(at)[0], fit.split(at, fit.draws.laws())[0]
    slope = np.log10(draws[:, 1] / draws[:, 0])
    return Estimate(value=float(np.log10(central[1] / central[0])), interval=interval_of(slope))


def method_facts(fit: FamilyFit, words: Words) -> list[tuple[str, str]]:
    """Return (name, value) pairs that say how a law was fitted and how sure its optimum is."""
    found = fit.certificate
    starts = {"share": f"{found.share_at_optimum:.0%}", "n": found.n_starts}
    facts = [
        ("method", words.said(fit.method)),
        ("value", f"{found.value:.6g}"),
        ("starts", words("method.starts.text", **starts, gradient=f"{found.gradient_norm:.0e}")),
        ("noise", words("method.noise.text", noise=numbers.percent(fit.noise))),
        ("cost", words("method.cost.text", slope=numbers.plain(fit.cost.slope, 3))),
        ("citation", fit.law.citation),
    ]
    if fit.back_test.widen > 1:
        facts.insert(-1, ("widen", numbers.times(fit.back_test.widen)))
    return [(words(f"method.{name}"), value) for name, value in facts]


def dropped_reasons(dropped: Sequence[Dropped], words: Words) -> list[Markup]:
    """Return what was not used: a line for each reason, with how many rows it holds for."""
    reasons: dict[str, list[str]] = {}
    for row in dropped:
        reasons.setdefault(row.reason, []).append(row.row)
    return [
        Markup("{} {}").format(words("fit.dropped.count", n=len(rows), row=rows[0]), words.said(reason))
        for reason, rows in reasons.items()
    ]


def _short(value: float) -> str:
    return numbers.plain(value, 3)
