"""The report of fitted curves: each with its blend of laws, what that says further on, and its record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from armillary.reports import numbers
from armillary.reports.curve_figures import curve_plate
from armillary.reports.fit_tables import dropped_reasons
from armillary.reports.page import Row, Stat, Table, columns_named, render, with_interval
from armillary.reports.verdict import Verdict
from armillary.reports.words import Words
from armillary.scaling.curves.blend import CurveFit
from armillary.scaling.curves.extrapolation import CurveExtrapolation, curve_intervals, extrapolate_curve

FURTHER = (2.0, 4.0)  # times the last given x, where the page says what to expect


def curve_page(fits: Sequence[CurveFit], path: Path, words: Words) -> str:
    """Return the page about the fitted curves that ``path`` holds."""
    dropped = [row for fit in fits for row in fit.curve.dropped]
    view: dict[str, Any] = {
        "verdict": judge(fits, words),
        "stats": _stats(fits, words),
        "plates": [(fit.curve.name, curve_plate(fit, f"curve-{i}", words)) for i, fit in enumerate(fits)],
        "further": further_table(fits, words),
        "laws": law_table(fits, words),
        "dropped": dropped_reasons(dropped, words),
        "n_dropped": len(dropped),
        "beyond": f"{FURTHER[-1] * max(fit.last_x for fit in fits):.3g}",
    }
    sections = ["curves", "further", "laws", "data", "reproduce"]
    return render("curves.html", words, file=path.name, n=len(fits), **view, sections=sections)


def judge(fits: Sequence[CurveFit], words: Words) -> Verdict:
    """Return whether the curves carry an extrapolation to twice their last x, and what it says."""
    claims = [extrapolate_curve(fit, FURTHER[0] * fit.last_x) for fit in fits]
    carried = [claim for claim in claims if claim.supported]
    advice = [(claim.curve, claim.advice) for claim in claims if claim.advice]
    if len(fits) > 1:
        headline = words("curves.several", passed=len(carried), n=len(fits))
    elif carried:
        headline = words("curves.one", value=numbers.plain(claims[0].value), interval=_interval(claims[0]))
    else:
        headline = words("fit.unsupported")
    return Verdict("passed" if carried else "unsupported", headline, words("curves.lede"), advice)


def _stats(fits: Sequence[CurveFit], words: Words) -> list[Stat]:
    stats = [
        Stat(
            words("stat.curves"),
            str(len(fits)),
            words("stat.curves.note", n=sum(len(fit.curve) for fit in fits)),
        )
    ]
    errors = [fit.record.rmsle for fit in fits if fit.record.rmsle is not None]
    if errors:
        stats.append(
            Stat(words("stat.record"), numbers.percent(float(np.mean(errors))), words("stat.cuts.note"))
        )
    held_out = [error for fit in fits if (error := held_out_error(fit)) is not None]
    if held_out:
        inside = np.concatenate([_inside(fit) for fit in fits])
        note = words("stat.held_out.note", n=len(inside), inside=f"{inside.mean():.0%}")
        stats.append(Stat(words("stat.held_out"), numbers.percent(float(np.mean(held_out))), note))
    return stats


def held_out_error(fit: CurveFit) -> float | None:
    """Return the root mean square of ln(predicted / measured) over values held back; None without any."""
    curve = fit.curve
    if not len(curve.held_out_x):
        return None
    return float(np.sqrt(np.mean(np.log(fit.predict(curve.held_out_x) / curve.held_out_y) ** 2)))


def _inside(fit: CurveFit) -> np.ndarray:
    curve = fit.curve
    spans = curve_intervals(fit, curve.held_out_x, 0.9) if len(curve.held_out_x) else []
    pairs = zip(curve.held_out_y, spans, strict=True)
    return np.array([float(y) in span for y, span in pairs], dtype=bool)


def further_table(fits: Sequence[CurveFit], words: Words) -> Table:
    """Return what each curve is expected to be further on, and how its blend did so far."""
    rows, held_out = [], any(len(fit.curve.held_out_x) for fit in fits)
    for fit in fits:
        claims = [extrapolate_curve(fit, scale * fit.last_x) for scale in FURTHER]
        cells = [
            fit.curve.name or "x, y",
            str(len(fit.curve)),
            numbers.count(fit.last_x),
            *(with_interval(numbers.plain(claim.value), _interval(claim)) for claim in claims),
            numbers.known(fit.record.rmsle, numbers.percent),
            *([numbers.known(held_out_error(fit), numbers.percent)] if held_out else []),
        ]
        rows.append(Row(cells, tag="" if claims[0].supported else words("budgets.unsupported")))
    columns = f"curve points last_x twice four_times cut_error{' held_out_error' if held_out else ''}"
    return Table(words("curves.table"), columns_named(words, columns), rows, stacked=True)


def law_table(fits: Sequence[CurveFit], words: Words) -> Table:
    """Return the laws of every blend, the heaviest first: weight, error in the back-tests, source."""
    rows = []
    for fit in fits:
        if len(fits) > 1:
            rows.append(Row([fit.curve.name], heading=True))
        for record in fit.records:
            formula = Markup(numbers.raised(str(Markup.escape(record.law.formula))))
            cited = Markup("{}<br><small>{}</small>").format(formula, record.law.citation)
            error = numbers.known(record.rmsle, numbers.percent)
            rows.append(Row([record.name, cited, f"{record.weight:.0%}", error]))
    return Table(
        words("curves.laws"), columns_named(words, "law formula weight cut_error"), rows, text_columns=2
    )


def _interval(claim: CurveExtrapolation) -> str:
    return numbers.interval(claim.interval_90, numbers.plain)
