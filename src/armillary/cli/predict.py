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
            "Stopped, the same command goes on. Of images: the folder that they go to."
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
    """Ask a trained run: a text, image, or label and its probability, for each input or line of a file."""
    from armillary.cli import predict_output as output
    from armillary.core.errors import RequestError
    from armillary.inference import open_model
    from armillary.runs.store import resolve

    options = output.parsed_options(option or [])
    if stream and (as_json or out is not None or len(inputs or []) > 1):
        raise RequestError("--stream shows the answer to one input, without --json or --out")
    raw = [] if out is not None else output.gathered(inputs or [], file)
    model = open_model(resolve(run), engine=engine)
    if out is not None and not output.draws(model):
        if file is None or inputs:
            raise RequestError("--out takes the answers to the lines of --file, without other inputs")
        output.show_file(model, run, file, out, options, as_json=as_json, quiet=quiet)
        return
    if output.draws(model):
        captions = raw or output.gathered(inputs or [], file)
        output.show_images(run, model.answer(captions, **options), out, as_json=as_json)
    elif stream:
        output.show_stream(model.stream(raw[0], **options))
    else:
        output.show_answers(run, model.answer(raw, **options), as_json=as_json)
