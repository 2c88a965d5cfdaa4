"""How verbs speak: results on standard output, as text or as one JSON object; all else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from armillary.core.plain import to_plain

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
Engine = Annotated[
    str,
    typer.Option(help="torch, or ctranslate2: translations and summaries in int8, several times as fast."),
]
Assignments = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME=VALUE]...", help="Fields to set, by dotted path: seed=1 model.d_model=64."),
]

PAPER = 1000  # columns where no terminal says how many there are


def emit(value: Mapping[str, object], as_json: bool, text: str) -> None:
    """Print ``value`` as one JSON object, or ``text``.  JSON has no infinity: what is not finite is null."""
    print(json.dumps(to_plain(value), ensure_ascii=False, allow_nan=False) if as_json else text)


def note(line: str) -> None:
    """Say something about the work on standard error."""
    print(line, file=sys.stderr, flush=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, numbers right-aligned.  It wraps on a terminal only: elsewhere a row is a line."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        cells = [row[i] for row in rows if row[i]]
        number = bool(cells) and all(cell.lstrip("$+-x~")[:1].isdigit() for cell in cells)
        shown.add_column(column, justify="right" if number else "left", no_wrap=i == 0)
    for row in rows:
        shown.add_row(*map(escape, row))
    Console(width=None if sys.stdout.isatty() else PAPER).print(shown)


def metric_lines(metrics: Mapping[str, float]) -> str:
    """Return metrics as aligned lines of name and value."""
    width = max(map(len, metrics), default=0)
    return "\n".join(f"{name:<{width}}  {value:.6g}" for name, value in metrics.items())
