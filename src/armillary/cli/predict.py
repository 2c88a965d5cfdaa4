"""armillary predict RUN INPUT..."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from armillary.cli.output import Json, emit
from armillary.core.errors import DataError, RequestError

if TYPE_CHECKING:
    from armillary.cli.facts import PredictFacts


def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or its name in runs/.")],
    inputs: Annotated[
        list[str] | None, typer.Argument(help="Texts or image files; - reads lines from standard input.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="Read one input per line from this file.")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="An option of the answer: temperature=0.7."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask a trained run: a continuation, or a label with its probability, for each input."""
    from armillary.inference import open_model
    from armillary.runs.store import resolve

    raw = _gather(inputs or [], file)
    answers = open_model(resolve(run)).answer(raw, **_options(option or []))
    text = "\n".join(answer if isinstance(answer, str) else _line(answer) for answer in answers)
    facts: PredictFacts = {"run": run, "answers": answers}
    emit(facts, as_json, text)


def _gather(inputs: list[str], file: Path | None) -> list[str]:
    lines = list(inputs)
    if "-" in lines:
        at = lines.index("-")
        lines[at : at + 1] = [line.rstrip("\n") for line in sys.stdin]
    if file is not None:
        try:
            lines += file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"cannot read {file}: {error}") from error
    if not lines:
        raise RequestError("give at least one input, --file FILE, or - to read standard input")
    return lines


def _options(assignments: list[str]) -> dict[str, Any]:
    options = {}
    for assignment in assignments:
        name, sign, text = assignment.partition("=")
        if not sign:
            raise RequestError(f"--set {assignment!r} is no NAME=VALUE")
        try:
            options[name] = json.loads(text)
        except json.JSONDecodeError:
            options[name] = text
    return options


def _line(answer: Any) -> str:
    if isinstance(answer, dict) and "label" in answer:
        shown = [answer["label"], f"{max(answer['probabilities'].values()):.3f}", answer.get("note", "")]
        return "\t".join(shown).rstrip()
    return json.dumps(answer, ensure_ascii=False)
