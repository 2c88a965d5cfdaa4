"""armillary audit TEXT|FILE|-."""

from __future__ import annotations

from typing import Annotated

import typer

from armillary.cli.output import Json, emit


def audit(
    subject: Annotated[
        str,
        typer.Argument(metavar="TEXT|FILE|-", help="A claim, a file of text, or - for standard input."),
    ],
    lang: Annotated[
        str | None, typer.Option(help="Answer in en or zh; default the language of the claim.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a claim about training: size, FLOP, GPUs, time, cost or energy, in English or Chinese."""
    from armillary.cli.audit_output import audit_facts, audit_text, read_subject
    from armillary.scaling.audit.audit import audit as check

    result = check(read_subject(subject), lang)
    emit(audit_facts(result), as_json, audit_text(result))
