"""How verbs speak: results on standard output, as text or as one JSON object; all else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
Assignments = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME=VALUE]...", help="Fields to set, by dotted path: seed=1 model.d_model=64."),
]


def emit(value: Mapping[str, Any], as_json: bool, text: str) -> None:
    """Print ``value`` as JSON, or ``text``."""
    print(json.dumps(value, ensure_ascii=False, default=str) if as_json else text)


def note(line: str) -> None:
    """Say something about the work on standard error."""
    print(line, file=sys.stderr, flush=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """Print a table: the first column left-aligned, the others right-aligned."""
    shown = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        shown.add_column(column, justify="left" if i == 0 else "right", no_wrap=i == 0)
    for row in rows:
        shown.add_row(*row)
    Console(soft_wrap=not sys.stdout.isatty()).print(shown)


def metric_lines(metrics: Mapping[str, float]) -> str:
    """Return metrics as aligned lines of name and value."""
    width = max(map(len, metrics), default=0)
    return "\n".join(f"{name:<{width}}  {value:.6g}" for name, value in metrics.items())
