"""What ``list`` shows, a dictionary a row.  What is listed is loaded when it is asked for."""

from __future__ import annotations

from pathlib import Path

from armillary.core.units import format_count

Rows = list[dict[str, str]]


def models() -> Rows:
    """Return the families of models."""
    from armillary.models import MODELS

    return [{"model": name, "what": _first_line(MODELS[name])} for name in MODELS]


def tasks() -> Rows:
    """Return the tasks."""
    from armillary.tasks import TASKS

    return [
        {"task": name, "default source": TASKS[name].default_source, "what": _first_line(TASKS[name])}
        for name in TASKS
    ]


def sources() -> Rows:
    """Return the sources of data."""
    from armillary.data.sources import SOURCES

    return [{"source": n, "licence": SOURCES[n].licence, "what": _first_line(SOURCES[n])} for n in SOURCES]


def laws() -> Rows:
    """Return the laws."""
    from armillary.scaling.laws import LAWS

    return [{"law": name, "what": _first_line(LAWS[name])} for name in LAWS]


def recipes() -> Rows:
    """Return the recipes."""
    from armillary.recipes import RECIPES

    return [{"recipe": name, "what": _first_line(RECIPES[name])} for name in RECIPES]


def hardware(own: Path | None) -> Rows:
    """Return the accelerators that costs are told for, those of the table ``own`` with them."""
    from armillary.core.hardware import accelerators

    return [a.row() for a in accelerators(own)]


def runs(root: Path) -> Rows:
    """Return the runs at or below ``root``."""
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
