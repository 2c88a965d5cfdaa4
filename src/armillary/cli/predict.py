"""armillary predict RUN INPUT..."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Engine, Json, Quiet


def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or its name in runs/.")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Texts, or files of images or sound; - reads lines from standard input."),
    ] = None,
    file: Annotated[Path | None, typer.Option(help="Read one input per line from this file.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write one answer per line of --file here; as JSON when it ends in .jsonl. "
            "Stopped, the same command goes on."
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="An option of the answer: temperature=0.7, n_best=3, words=true.",
        ),
    ] = None,
    stream: Annotated[bool, typer.Option("--stream", help="Show a text while it is written.")] = False,
    engine: Engine = "torch",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Ask a trained run: a text, or a label with its probability, for each input or line of a file."""
    from armillary.cli import predict_output as output
    from armillary.core.errors import RequestError
    from armillary.inference import open_model
    from armillary.runs.store import resolve

    options = output.parsed_options(option or [])
    if out is not None:
        if file is None or inputs or stream:
            raise RequestError(
                "--out takes the answers to the lines of --file, without other inputs or --stream"
            )
        model = open_model(resolve(run), engine=engine)
        output.show_file(model, run, file, out, options, as_json=as_json, quiet=quiet)
        return
    raw = output.gathered(inputs or [], file)
    if stream and (as_json or len(raw) > 1):
        raise RequestError("--stream shows the answer to one input, without --json")
    model = open_model(resolve(run), engine=engine)
    if stream:
        output.show_stream(model.stream(raw[0], **options))
    else:
        output.show_answers(run, model.answer(raw, **options), as_json=as_json)
