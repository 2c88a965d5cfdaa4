"""What ``armillary predict`` reads from the command line, and what it prints."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from armillary.cli.output import emit, note
from armillary.core.errors import RequestError
from armillary.core.files import write_bytes
from armillary.data.decoding import read_text

if TYPE_CHECKING:
    from armillary.cli.predict_facts import (
        PredictFacts,
        PredictFileFacts,
        PredictImageFacts,
        PredictTextFacts,
    )
    from armillary.inference import Model


def gathered(inputs: Sequence[str], file: Path | None) -> list[str]:
    """Return the inputs that were given: as arguments, on standard input (-), as lines of a file."""
    lines = list(inputs)
    if "-" in lines:
        at = lines.index("-")
        lines[at : at + 1] = [line.rstrip("\n") for line in sys.stdin]
    if file is not None:
        lines += read_text(file).removesuffix("\n").split("\n")
    if not lines:
        raise RequestError("give at least one input, --file FILE, or - to read standard input")
    return lines


def parsed_options(assignments: Sequence[str]) -> dict[str, Any]:
    """Return NAME=VALUE as a dictionary, values as JSON has them, else as they are."""
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


def show_answers(run: str, answers: list[Any], *, as_json: bool) -> None:
    """Print answers on standard output, and notes of texts on standard error."""
    from armillary.inference import as_text

    facts: PredictFacts | PredictTextFacts = {"run": run, "answers": answers}
    emit(facts, as_json, "\n".join(map(as_text, answers)))
    if not as_json:
        for number, answer in enumerate(answers, 1):
            if isinstance(answer, Mapping) and "text" in answer and answer["note"]:
                note(f"input {number}: {answer['note']}")


def draws(model: Model) -> bool:
    """Return whether answers of ``model`` are images."""
    return model.config.model.signature.outputs == "image"


def show_images(run: str, answers: list[dict[str, Any]], out: Path | None, *, as_json: bool) -> None:
    """Write images into the folder ``out``, ``drawn`` where none is said, and print their paths."""
    folder = out or Path("drawn")
    paths = []
    for answer in answers:
        paths.append(folder / f"{_as_name(answer['caption'])}-{answer['seed']}.png")
        write_bytes(paths[-1], base64.b64decode(answer["png"]))
    facts: PredictImageFacts = {
        "run": run,
        "answers": [
            {"caption": answer["caption"], "seed": answer["seed"], "path": str(path)}
            for answer, path in zip(answers, paths, strict=True)
        ],
    }
    emit(facts, as_json, "\n".join(map(str, paths)))


def _as_name(caption: str) -> str:
    """Return a caption as the name of a file."""
    return re.sub(r"[^\w]+", "-", caption)[:60].strip("-") or "image"


def show_stream(pieces: Iterable[str]) -> None:
    """Print a text while it is written."""
    for piece in pieces:
        print(piece, end="", flush=True)
    print()


def show_file(
    model: Model, run: str, file: Path, out: Path, options: dict[str, Any], *, as_json: bool, quiet: bool
) -> None:
    """Answer a file line by line, with progress on standard error."""
    from armillary.inference import answer_file

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=quiet) as progress:
        bar = progress.add_task("lines", total=None)

        def tell(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)

        def say(line: str) -> None:
            console.print(line, markup=False, highlight=False, soft_wrap=True)

        answered = answer_file(model, file, out, options, tell, say)
    if answered.n_resumed:
        note(f"{answered.n_resumed} of {answered.n_lines} lines had been answered before")
    facts: PredictFileFacts = {
        "run": run,
        "out": str(out),
        "n_lines": answered.n_lines,
        "n_resumed": answered.n_resumed,
        "n_noted": answered.n_noted,
    }
    emit(facts, as_json, str(out))
