"""armillary export RUN FORMAT [NAME=VALUE]..."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from armillary.cli.output import Json, emit

if TYPE_CHECKING:
    from armillary.cli.facts import ExportFacts


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or its name in runs/.")],
    format_: Annotated[str, typer.Argument(metavar="FORMAT", help="huggingface or ctranslate2.")],
    options: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE]...", help="Options of the format; of ctranslate2: quantization=float32."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder to make; default FORMAT in the run's directory.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a translation or summarization run as a folder that other libraries open without this one.

    The folder is opened by the other library and compared with the run; it is kept only if both answer
    alike.
    """
    from armillary.cli.export_output import export_text
    from armillary.export import EXPORTERS
    from armillary.export import export as write_export
    from armillary.runs.store import resolve

    exporter = EXPORTERS[format_]().override(*options or [])
    asked = resolve(run)
    made = write_export(asked, exporter, out or asked.path / format_)
    facts: ExportFacts = {
        "run": run,
        "out": str(made.path),
        "parity": made.parity,
        "dequantized": made.dequantized,
    }
    emit(facts, as_json, export_text(made))
