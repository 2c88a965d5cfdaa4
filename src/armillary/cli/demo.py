"""armillary demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json, Quiet


def demo(
    out: Annotated[Path, typer.Option(help="The ladder's folder.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Decides initial weights and the order of the data.")] = 0,
    lang: Annotated[str, typer.Option(help="The report's language: en or zh.")] = "en",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start again when the folder holds a ladder.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tell the whole story on real text in a few minutes of two cores; ends with report.html.

    Trains small CNN, LSTM and Transformer language models on the Python standard library, fits each
    family's scaling law, predicts a larger model, trains that one too, and says whether it held.
    """
    import shutil

    from armillary.cli.ladder_output import emit_analysis
    from armillary.reports import report
    from armillary.scaling.ladder import climb, demo_ladder, reopen

    if fresh:
        shutil.rmtree(out, ignore_errors=True)
    started = (out / "ladder.json").exists()
    analysis = reopen(out, quiet=quiet) if started else climb(demo_ladder(seed), out, quiet=quiet)
    page = report(out, out / "report.html", lang=lang)
    emit_analysis(analysis, out, as_json, page)
