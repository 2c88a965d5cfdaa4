"""armillary report ANYTHING."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json, emit


def report(
    subject: Annotated[Path, typer.Argument(metavar="RUN|LADDER", help="A run or ladder directory.")],
    out: Annotated[Path | None, typer.Option(help="The page; default report.html in the directory.")] = None,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    as_json: Json = False,
) -> None:
    """Write one self-contained HTML page about a run or a ladder; it opens offline."""
    from armillary.reports import report as write_report

    page = write_report(subject, out or subject / "report.html", lang=lang)
    emit({"report": str(page)}, as_json, str(page))
