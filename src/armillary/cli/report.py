"""armillary report ANYTHING."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json, emit


def report(
    subject: Annotated[
        Path,
        typer.Argument(
            metavar="RUN|LADDER|FIT|PLAN", help="A run or ladder folder, or what fit or plan saved."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="The page; default report.html in the directory, or beside the file.")
    ] = None,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    as_json: Json = False,
) -> None:
    """Write one self-contained HTML page about a run, a ladder, a fit or a plan; it opens offline."""
    from armillary.reports import report as write_report

    beside = subject.with_suffix(".html") if subject.is_file() else subject / "report.html"
    page = write_report(subject, out or beside, lang=lang)
    emit({"report": str(page)}, as_json, str(page))
