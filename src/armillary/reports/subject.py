"""What a report is about, told by what a folder or a file holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from armillary.core.errors import RequestError
from armillary.core.files import read_json, write_text
from armillary.reports.comparison_page import comparison_page
from armillary.reports.curve_page import curve_page
from armillary.reports.explanation_page import explanation_page
from armillary.reports.fit_page import fit_page
from armillary.reports.ladder_page import ladder_page
from armillary.reports.plan_page import plan_page
from armillary.reports.run_page import run_page
from armillary.reports.trend_page import trend_page
from armillary.reports.words import Words
from armillary.runs.explained import Explanation
from armillary.runs.judgement import Judgement, PairedRuns
from armillary.runs.run import Run
from armillary.scaling.analysis import analyse
from armillary.scaling.curves.curve_file import holds_curve_fits, load_curve_fits
from armillary.scaling.fit_file import load_fits, load_origin
from armillary.scaling.planning.plan import load_plan
from armillary.trends.trend_file import load_trend


def report(subject: Path | Run, out: Path, lang: str = "en") -> Path:
    """Write one HTML page about a run, a ladder, a fit, curves, a plan or a trend to ``out``.

    Returns ``out``.  The page needs nothing else: it opens offline, in light and dark, on a desk and on a
    phone.  ``lang`` is "en" or "zh".  Raises RequestError when ``subject`` is none of these, UnknownNameError
    for another language, and CheckpointError when a file of it is damaged.
    """
    words = Words(lang)
    path = subject.path if isinstance(subject, Run) else Path(subject)
    write_text(out, _file_page(path, words) if path.is_file() else _folder_page(path, words))
    return out


def report_comparison(
    comparison: PairedRuns, judgements: tuple[Judgement, Judgement], out: Path, lang: str = "en"
) -> Path:
    """Write one HTML page about two runs on the same examples, the one that is asked about first.

    Returns ``out``.  UnknownNameError for another language than "en" and "zh".
    """
    write_text(out, comparison_page(comparison, judgements, Words(lang)))
    return out


def report_explanations(explanations: Sequence[Explanation], out: Path, lang: str = "en") -> Path:
    """Write one HTML page about explanations of one answer, by one method or several.

    Returns ``out``.  UnknownNameError for another language than "en" and "zh".
    """
    write_text(out, explanation_page(explanations, Words(lang)))
    return out


def _folder_page(path: Path, words: Words) -> str:
    if (path / "run.json").is_file():
        return run_page(Run.open(path), words)
    if (path / "ladder.json").is_file():
        return ladder_page(analyse(path), path, words)
    raise RequestError(
        f"{path} is neither a run (run.json) nor a ladder (ladder.json); "
        "`armillary list runs` shows what there is"
    )


def _file_page(path: Path, words: Words) -> str:
    data = read_json(path)
    if isinstance(data, dict) and "families" in data:
        return fit_page(load_fits(path), load_origin(path), path, words)
    if holds_curve_fits(path):
        return curve_page(load_curve_fits(path), path, words)
    if isinstance(data, dict) and "plan" in data:
        return plan_page(load_plan(path), data.get("provenance", {}), path, words)
    if isinstance(data, dict) and "trend" in data:
        return trend_page(load_trend(path), path, words)
    raise RequestError(
        f"{path} is no file that a report can be about; make one with: armillary fit RUNS --out fit.json, "
        "armillary plan SUBJECT --out plan.json, or armillary trends QUANTITY --out trend.json"
    )
