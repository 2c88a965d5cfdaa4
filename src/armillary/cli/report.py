"""armillary report ANYTHING."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from armillary.cli.output import Json, emit

if TYPE_CHECKING:
    from armillary.cli.facts import ReportFacts


def report(
    subject: Annotated[
        Path,
        typer.Argument(
            metavar="RUN|LADDER|FIT|PLAN|TREND",
            help="A run or ladder folder, or what fit, plan or trends saved.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="The page; default report.html in the directory, or beside the file.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Another run of the same task: what both wrote, side by side."),
    ] = None,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    as_json: Json = False,
) -> None:
    """Write one self-contained HTML page about a run, ladder, fit, plan or trend; it opens offline."""
    from armillary.reports import report as write_report

    beside = subject.with_suffix(".html") if subject.is_file() else subject / "report.html"
    if against is None:
        page = write_report(subject, out or beside, lang=lang)
    else:
        page = _against(subject, against, out, lang)
    facts: ReportFacts = {"report": str(page)}
    emit(facts, as_json, str(page))


def _against(run: Path, against: str, out: Path | None, lang: str) -> Path:
    """Write the page of two runs; what they wrote is asked of them where they do not keep it."""
    from armillary.inference import compare, kept_judgement
    from armillary.reports import report_comparison
    from armillary.runs.store import resolve

    asked, other = resolve(run), resolve(against)
    judgements = kept_judgement(asked), kept_judgement(other)
    page = out or asked.path / f"report-against-{other.name}.html"
    return report_comparison(compare(asked, other, *judgements), judgements, page, lang)
