"""armillary explain RUN [INPUT]."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json, Quiet


def explain(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or its name in runs/.")],
    input_: Annotated[
        str | None, typer.Argument(metavar="INPUT", help="A text, or a file of an image or of sound.")
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            metavar="NAME,...", help="See list methods; default shapley, or rise where parts are many."
        ),
    ] = "",
    answer: Annotated[
        str | None, typer.Option("--for", help="Explain this label or text, not the run's own answer.")
    ] = None,
    against: Annotated[str | None, typer.Option(help="Why the answer and not this label or text.")] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Rank the methods over inputs of the test split.")
    ] = False,
    n_inputs: Annotated[int, typer.Option("--inputs", help="With --compare: how many.")] = 8,
    out: Annotated[Path | None, typer.Option(help="Write a page with the pictures here.")] = None,
    lang: Annotated[str, typer.Option(help="Of the page: en or zh.")] = "en",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say which parts of an input an answer is due to, and whether that can be believed.

    An explanation is judged by what becomes of the answer when its parts are taken away, beside random
    explanations of the same shape; it also has to be stable and to differ from that of an ignorant model.
    """
    from armillary.cli import explain_output as output
    from armillary.inference import open_model
    from armillary.runs.store import resolve

    methods = [name for name in method.split(",") if name]
    output.check(input_, compare=compare, out=out)
    model = open_model(resolve(run))
    if compare:
        output.show_ranking(run, model, methods, n_inputs, as_json=as_json, quiet=quiet)
    else:
        asked = output.asked(input_, answer, against)
        output.show_explanations(run, model, asked, methods, out=out, lang=lang, as_json=as_json)
