"""Folders of runs: find them, name new ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from armillary.core.errors import RequestError, UnknownNameError
from armillary.runs.run import Run

DEFAULT_ROOT = Path("runs")


def find_runs(root: Path) -> Iterator[Run]:
    """Yield the runs at or below ``root`` in order of path."""
    for record in sorted(root.rglob("run.json")):
        yield Run.open(record.parent)


def finished_runs(root: Path) -> list[Run]:
    """Return the finished runs at or below ``root``; RequestError when there is none."""
    if not root.is_dir():
        raise RequestError(f"{root} is not a folder of runs")
    runs = [run for run in find_runs(root) if run.finished]
    if not runs:
        raise RequestError(f"{root} holds no finished run; `armillary list runs` shows what there is")
    return runs


def resolve(name: str | Path, root: Path = DEFAULT_ROOT) -> Run:
    """Open the run at the path ``name`` or called ``name`` below ``root``."""
    for path in (Path(name), root / name):
        if (path / "run.json").is_file():
            return Run.open(path)
    raise UnknownNameError(
        "run", str(name), [run.name for run in find_runs(root)], hint=f"runs are looked for in {root}/"
    )


def free_path(name: str, root: Path = DEFAULT_ROOT) -> Path:
    """Return ``root/name``, or ``root/name-2``, ``-3``, ... when that is taken."""
    path, n = root / name, 1
    while path.exists():
        n += 1
        path = root / f"{name}-{n}"
    return path
