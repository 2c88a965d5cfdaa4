"""armillary list WHAT."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from armillary.cli import list_rows
from armillary.cli.output import Json, emit, table
from armillary.core.errors import UnknownNameError


def list_(
    what: Annotated[
        str, typer.Argument(help="models, tasks, sources, laws, recipes, methods, hardware or runs.")
    ] = "recipes",
    root: Annotated[Path, typer.Option(help="Where runs are looked for.")] = Path("runs"),
    hardware: Annotated[
        Path | None, typer.Option(help="A table of your own accelerators, listed with the others.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List what there is to choose from."""
    lists: dict[str, Callable[[], Sequence[Any]]] = {
        "models": list_rows.models,
        "tasks": list_rows.tasks,
        "sources": list_rows.sources,
        "laws": list_rows.laws,
        "recipes": list_rows.recipes,
        "methods": list_rows.methods,
        "hardware": lambda: list_rows.hardware(hardware),
        "runs": lambda: list_rows.runs(root),
    }
    if what not in lists:
        raise UnknownNameError("list", what, lists)
    rows = lists[what]()
    if as_json:
        emit({what: rows}, True, "")
    elif rows:
        shown = [list_rows.shown(row) for row in rows]
        table(list(shown[0]), [list(row.values()) for row in shown])
    else:
        print(f"no {what} in {root}/" if what == "runs" else f"no {what}")
