"""What the terminal shows while a ladder trains: done, running with their losses, time left."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from armillary.scaling.ladder.rungs import Rung

TAIL = 4096  # bytes at the end of metrics.jsonl that surely hold its last line
EVERY = 15.0  # seconds between two lines where there is no terminal


class LadderProgress:
    """Progress over rungs, measured in the FLOP that their runs have logged."""

    def __init__(self, folder: Path, quiet: bool = False) -> None:
        self._folder = folder
        self._quiet = quiet
        self._console = Console(stderr=True)
        self._spoken = 0.0
        self._bar: Progress | None = None

    def phase(self, title: str, rungs: list[Rung]) -> None:
        """Start a phase in which ``rungs`` are trained."""
        self.close()
        self._rungs = {rung.name: rung for rung in rungs}
        self._total = sum(rung.train_flops for rung in rungs)
        self._title, self._begun = title, time.monotonic()
        if self._quiet:
            return
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=self._console)
            self._bar.start()
            self._task = self._bar.add_task(title, total=self._total)
        else:
            print(f"{title}: {len(rungs)} runs", file=sys.stderr, flush=True)

    def watch(self, running: set[str], done: set[str]) -> None:
        """Show how far the phase is."""
        rows = {name: _last_row(self._folder / "rungs" / name) for name in running & set(self._rungs)}
        flops = sum(self._rungs[name].train_flops for name in done & set(self._rungs))
        flops += sum(row.get("train_flops", 0.0) for row in rows.values())
        losses = "  ".join(f"{name} {row['loss']:.3f}" for name, row in sorted(rows.items()) if "loss" in row)
        if self._bar is not None:
            self._bar.update(self._task, completed=flops, description=f"{self._title}  {losses}")
        elif not self._quiet and time.monotonic() - self._spoken > EVERY:
            self._spoken = time.monotonic()
            share, seconds = flops / max(self._total, 1.0), self._spoken - self._begun
            print(f"{self._title}: {share:.0%} after {seconds:.0f} s  {losses}", file=sys.stderr, flush=True)

    def say(self, line: str) -> None:
        """Print a line between phases."""
        self.close()
        if not self._quiet:
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _last_row(run: Path) -> dict[str, Any]:
    """Return the last whole training record that a run has written."""
    try:
        with (run / "metrics.jsonl").open("rb") as handle:
            handle.seek(0, 2)
            handle.seek(max(0, handle.tell() - TAIL))
            lines = handle.read().decode("utf-8", errors="ignore").splitlines()
    except OSError:
        return {}
    for line in reversed(lines):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(row, dict) and "train_flops" in row:
            return row
    return {}
