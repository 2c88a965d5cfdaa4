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
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    as_json: Json = False,
) -> None:
    """Write one self-contained HTML page about a run, ladder, fit, plan or trend; it opens offline."""
    from armillary.reports import report as write_report

    beside = subject.with_suffix(".html") if subject.is_file() else subject / "report.html"
    page = write_report(subject, out or beside, lang=lang)
    facts: ReportFacts = {"report": str(page)}
    emit(facts, as_json, str(page))
