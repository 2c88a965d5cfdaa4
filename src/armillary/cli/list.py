"""armillary list WHAT."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json, emit, table
from armillary.core.errors import UnknownNameError
from armillary.core.units import format_count

Rows = list[dict[str, str]]


def list_(
    what: Annotated[
        str, typer.Argument(help="models, tasks, sources, laws, recipes, hardware or runs.")
    ] = "recipes",
    root: Annotated[Path, typer.Option(help="Where runs are looked for.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """List what there is to choose from."""
    lists: dict[str, Callable[[], Rows]] = {
        "models": _models,
        "tasks": _tasks,
        "sources": _sources,
        "laws": _laws,
        "recipes": _recipes,
        "hardware": _hardware,
        "runs": lambda: _runs(root),
    }
    if what not in lists:
        raise UnknownNameError("list", what, lists)
    rows = lists[what]()
    if as_json:
        emit({what: rows}, True, "")
    elif rows:
        table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        print(f"no {what} in {root}/" if what == "runs" else f"no {what}")


def _models() -> Rows:
    from armillary.models import MODELS

    return [{"model": name, "what": _first_line(MODELS[name])} for name in MODELS]


def _tasks() -> Rows:
    from armillary.tasks import TASKS

    return [
        {"task": name, "default source": TASKS[name].default_source, "what": _first_line(TASKS[name])}
        for name in TASKS
    ]


def _sources() -> Rows:
    from armillary.data.sources import SOURCES

    return [{"source": n, "licence": SOURCES[n].licence, "what": _first_line(SOURCES[n])} for n in SOURCES]


def _laws() -> Rows:
    from armillary.scaling.laws import LAWS

    return [{"law": name, "what": _first_line(LAWS[name])} for name in LAWS]


def _recipes() -> Rows:
    from armillary.recipes import RECIPES

    return [{"recipe": name, "what": _first_line(RECIPES[name])} for name in RECIPES]


def _hardware() -> Rows:
    from armillary.core.hardware import accelerators

    return [a.row() for a in accelerators()]


def _runs(root: Path) -> Rows:
    from armillary.runs.store import find_runs

    rows = []
    for run in find_runs(root):
        summary = run.summary if run.finished else None
        rows.append(
            {
                "run": str(run.path),
                "task": run.config["task"]["kind"],
                "model": run.config["model"]["kind"],
                "parameters": format_count(summary.n_params) if summary else "",
                "loss": f"{summary.loss:.4f}" if summary else "unfinished",
            }
        )
    return rows


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]
