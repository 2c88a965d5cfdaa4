"""armillary quantize RUN [NAME=VALUE]..."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from armillary.cli.output import Json, Quiet, emit

if TYPE_CHECKING:
    from armillary.cli.run_facts import QuantizeFacts


def quantize(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or its name in runs/.")],
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="Fields of the scheme: group_size=32 table_bits=8."),
    ] = None,
    bits: Annotated[
        str | None, typer.Option(help="8 (the default), 4, 3, 2, ternary or binary; several: 8,4,2.")
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BOUND", help="Keep the smallest within it: accuracy>0.99x size<1MB loss<1.02x."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The run to make, of several the folder for them; default RUN-4bit, ..."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Round a run's weights to a few bits each, pack them, and measure what that cost.

    Makes a run like any other: evaluate, predict, report and export take it.  Its file is smaller; answers
    take as long, since codes are multiplied out when it is opened.  A model that loses too much can learn
    with rounded weights: armillary train --from RUN quantization.bits=2.
    """
    from armillary.cli.quantize_output import Schemes, print_costs
    from armillary.runs.store import resolve

    schemes = Schemes(resolve(run), fields or [], out, quiet=quiet)
    kept, discarded = schemes.within(bits, target) if target else (schemes.made(bits or "8"), [])
    facts: QuantizeFacts = {"run": run, "made": kept, "discarded": discarded}
    if as_json:
        emit(facts, as_json, "")
    else:
        print_costs(kept, discarded)
