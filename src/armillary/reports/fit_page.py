"""The report of a fit file: the laws, how far to believe them, what they say of larger budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from armillary.reports import check_figures, fit_figures, fit_tables, law_figures, law_tables, numbers
from armillary.reports.page import Stat, render
from armillary.reports.provenance_facts import file_facts
from armillary.reports.verdict import Verdict
from armillary.reports.words import Words
from armillary.scaling.analysis import FITS_REACH, FitsAnalysis, analyse_fits
from armillary.scaling.family import FamilyFit
from armillary.scaling.fit_file import FitOrigin


def fit_page(fits: Sequence[FamilyFit], origin: FitOrigin, path: Path, words: Words) -> str:
    """Return the page about ``fits`` of ``origin``, which ``path`` holds."""
    analysis = analyse_fits(fits)
    view = _story(fits, analysis, words) | _evidence(fits, analysis, words)
    beyond = f"{FITS_REACH * max(fit.largest_compute for fit in fits):.0e}".replace("+", "")
    view |= {"origin": origin, "dropped": fit_tables.dropped_reasons(origin.dropped, words)}
    view |= {"file": path.name, "beyond": beyond, "provenance": file_facts(origin.provenance, words)}
    return render("fit.html", words, a=analysis, **view, sections=_sections(view))


def _story(fits: Sequence[FamilyFit], analysis: FitsAnalysis, words: Words) -> dict[str, Any]:
    """What a lead reads: the verdict, the laws, the best sizes, larger budgets."""
    compared = analysis.comparison is not None
    beyond = FITS_REACH if any(fit.back_test.passed for fit in fits) else 1.0
    sized = [(i, fit) for i, fit in enumerate(fits) if fit.knows_size]
    return {
        "n_runs": sum(len(fit.observations) for fit in fits),
        "law_names": words("list.join").join(dict.fromkeys(fit.law.name for fit in fits)),
        "verdict": judge(fits, words),
        "stats": _stats(fits, words),
        "law": law_figures.law_plate(analysis, words, beyond),
        "laws": law_tables.law_table(analysis, words),
        "winner": law_figures.winner_plate(analysis, words) if compared else None,
        "winner_title": law_tables.winner_title(analysis, words) if compared else "",
        "standings": law_tables.standing_table(analysis, words) if compared else None,
        "crossovers": law_tables.crossovers(analysis, words) if compared else [],
        "valleys": [
            (
                words.family(fit.family),
                fit_figures.valley_plate(fit, f"valleys-{i}", words),
                fit_figures.equal_data_plate(fit, f"equal-data-{i}", words),
            )
            for i, fit in sized
        ],
        "budgets": fit_tables.budget_table(fits, words),
    }


def _evidence(fits: Sequence[FamilyFit], analysis: FitsAnalysis, words: Words) -> dict[str, Any]:
    """What a sceptic reads: back-tests, residuals, how it was fitted."""
    return {
        "records": law_tables.record_table(analysis, words),
        "backtest": check_figures.back_test_plate(analysis, words),
        "steps": law_tables.step_table(analysis, words),
        "residuals": check_figures.residual_plate(analysis, words),
        "methods": [(words.family(fit.family), fit_tables.method_facts(fit, words)) for fit in fits],
    }


def judge(fits: Sequence[FamilyFit], words: Words) -> Verdict:
    """Return what the back-tests of ``fits`` say about extrapolating from them."""
    passed = [fit for fit in fits if fit.back_test.passed]
    advice = [(words.family(fit.family), fit.back_test.verdict) for fit in fits if fit not in passed]
    if not passed:
        return Verdict("unsupported", words("fit.unsupported"), words("fit.unsupported.lede"), advice)
    record = min(passed, key=lambda fit: fit.back_test.rmsle or 0.0).back_test
    assert record.rmsle is not None  # it passed
    assert record.coverage is not None
    error = numbers.percent(record.rmsle)
    lede = words.rich(
        "fit.passed.lede",
        law=record.law,
        n=len(record.steps),
        ratio=numbers.times(record.longest_reach),
        error=error,
        inside=f"{record.coverage:.0%}",
    )
    headline = words("fit.passed", error=error)
    if len(fits) > 1:
        headline = words("fit.several", passed=len(passed), n=len(fits))
    return Verdict("passed", headline, lede, advice)


def _stats(fits: Sequence[FamilyFit], words: Words) -> list[Stat]:
    """Return the figures under the headline, of the fit with the largest compute."""
    fit = max(fits, key=lambda fit: fit.largest_compute)
    compute = [row.train_flops for f in fits for row in f.observations]
    span = {"low": numbers.flop(min(compute)), "high": numbers.flop(max(compute))}
    stats = [Stat(words("stat.runs"), str(len(compute)), words("stat.runs.note", **span))]
    record = fit.back_test
    if record.coverage is not None:
        note = words("stat.coverage.note", n=len(record.steps))
        stats.append(Stat(words("stat.coverage"), f"{record.coverage:.0%}", note))
    stats += _split_stats(fit, words) if fit.knows_size else []
    if len(fits) == 1:
        return stats
    name = words.family(fit.family)
    return [stats[0], *(replace(s, label=words("stat.of", label=s.label, family=name)) for s in stats[1:])]


def _split_stats(fit: FamilyFit, words: Words) -> list[Stat]:
    growth, ratio = fit_tables.size_exponent(fit), fit_tables.tokens_per_param(fit, fit.largest_compute)
    grown = words(
        "stat.exponents.note",
        interval=numbers.interval(growth.interval, _two),
        data=_two(1 - growth.value),
    )
    shared = words(
        "stat.ratio.note",
        interval=numbers.interval(ratio.interval, _short),
        flop=numbers.flop(fit.largest_compute),
    )
    return [
        Stat(words("stat.exponents"), Markup("C<sup>{}</sup>").format(_two(growth.value)), grown),
        Stat(words("stat.ratio"), _short(ratio.value), shared),
    ]


def _sections(view: Mapping[str, Any]) -> list[str]:
    optional = {"winner": view["winner"], "valleys": view["valleys"]}
    names = ["law", "winner", "valleys", "budgets", "backtest", "parameters", "method", "reproduce"]
    return [name for name in names if name not in optional or optional[name]]


def _two(value: float) -> str:
    return f"{value:.2f}"


def _short(value: float) -> str:
    return numbers.plain(value, 3)
