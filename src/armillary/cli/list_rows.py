"""What ``list`` shows, a row a thing.  What is listed is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from armillary.core.units import format_count

if TYPE_CHECKING:
    from armillary.cli.facts import ListedRun, ListedSource, ListedTask, NamedThing
    from armillary.core.hardware import Accelerator

    Row = NamedThing | ListedTask | ListedSource | ListedRun | Accelerator


def models() -> list[NamedThing]:
    """Return the families of models."""
    from armillary.models import MODELS

    return [{"name": name, "what": _first_line(MODELS[name])} for name in MODELS]


def tasks() -> list[ListedTask]:
    """Return the tasks."""
    from armillary.tasks import TASKS

    return [
        {"name": name, "default_source": TASKS[name].default_source, "what": _first_line(TASKS[name])}
        for name in TASKS
    ]


def sources() -> list[ListedSource]:
    """Return the sources of data."""
    from armillary.data.sources import SOURCES

    return [{"name": n, "licence": SOURCES[n].licence, "what": _first_line(SOURCES[n])} for n in SOURCES]


def laws() -> list[NamedThing]:
    """Return the laws."""
    from armillary.scaling.laws import LAWS

    return [{"name": name, "what": _first_line(LAWS[name])} for name in LAWS]


def recipes() -> list[NamedThing]:
    """Return the recipes."""
    from armillary.recipes import RECIPES

    return [{"name": name, "what": _first_line(RECIPES[name])} for name in RECIPES]


def methods() -> list[NamedThing]:
    """Return the methods of explanation."""
    from armillary.explanation import METHODS

    return [{"name": name, "what": _first_line(METHODS[name])} for name in METHODS]


def hardware(own: Path | None) -> list[Accelerator]:
    """Return the accelerators that costs are told for, those of the table ``own`` with them."""
    from armillary.core.hardware import accelerators

    return list(accelerators(own))


def runs(root: Path) -> list[ListedRun]:
    """Return the runs at or below ``root``."""
    from armillary.runs.store import find_runs

    rows: list[ListedRun] = []
    for run in find_runs(root):
        summary = run.summary if run.finished else None
        rows.append(
            {
                "run": str(run.path),
                "task": run.config["task"]["kind"],
                "model": run.config["model"]["kind"],
                "n_params": summary.n_params if summary else None,
                "loss": summary.loss if summary else None,
            }
        )
    return rows


def shown(row: Row) -> dict[str, str]:
    """Return a row as a reader sees it: text by column."""
    cells = row if isinstance(row, Mapping) else row.row()
    return {name.replace("_", " "): _cell(name, value) for name, value in cells.items()}


def _cell(name: str, value: object) -> str:
    if isinstance(value, int | float):
        return format_count(value) if name == "n_params" else f"{value:.4f}"
    if value is None:
        return "unfinished" if name == "loss" else ""
    return str(value)


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]
