"""armillary quantize RUN [NAME=VALUE]..."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json, Quiet


def quantize(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or its name in runs/.")],
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="Options: group=32 (weights a scale), tables=false."),
    ] = None,
    to: Annotated[
        str, typer.Option(metavar="SCHEME,...", help="int8, int4, int2, ternary, binary; one or several.")
    ] = "int8",
    target: Annotated[
        list[str] | None,
        typer.Option(
            help='Take the smallest that reaches this: "size<1MB", "accuracy>0.99x" (x: of RUN\'s).'
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The new run; default RUN-SCHEME beside it.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a run's file small: weights in few bits, judged on the same test split as the run was.

    The new run opens like any other.  Its numbers are those of its bits, computed with in 32 bits: the file
    shrinks, the time of an answer does not.
    """
    from armillary.cli import quantize_output as output
    from armillary.runs.store import resolve

    asked = resolve(run)
    made = output.made(asked, output.wanted(asked, to, options or [], target or []), out, quiet=quiet)
    output.show(run, made, as_json=as_json)
