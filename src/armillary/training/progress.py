"""What a terminal shows while a model trains: loss, speed, efficiency, time left.  On standard error."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from armillary.core.units import format_count, format_flop, format_seconds

LINE_EVERY = 15.0  # seconds between two lines where there is no terminal


@dataclass(frozen=True, kw_only=True)
class Report:
    """Where training stands."""

    step: int
    progress: float  # share of the budget, 0 to 1
    loss: float  # nats per unit, mean over the last logged interval; NaN before the first
    unit: str  # what the loss is a mean over
    tokens_per_second: float  # units of the loss, while training
    flops_per_second: float  # FLOP/s, while training
    peak: float  # FLOP/s of this machine's large matrix products in the run's precision
    seconds_left: float  # of wall-clock time, evaluations included; infinite before it is known

    def line(self) -> str:
        """Return all of it in one line."""
        loss = f"loss {self.loss:.4f}" if self.loss == self.loss else "loss -"
        left = f"{format_seconds(self.seconds_left)} left" if self.seconds_left < float("inf") else "- left"
        speed = f"{format_count(self.tokens_per_second)} {self.unit}s/s"
        share = self.flops_per_second / self.peak
        compute = f"{format_flop(self.flops_per_second)} FLOP/s ({share:.0%} of matmul peak)"
        return f"step {self.step}  {loss}  {speed}  {compute}  {left}"


@runtime_checkable
class TrainingProgress(Protocol):
    """What a training loop tells of itself."""

    shows: bool  # whether anyone looks: if not, nothing is measured for it

    def start(self, title: str) -> None:
        """Training starts, or goes on."""

    def update(self, report: Report) -> None:
        """Training stands at ``report``; called about twice a second."""

    def say(self, line: str) -> None:
        """Something worth a line happened: an evaluation, a damaged checkpoint."""

    def close(self) -> None:
        """Training has ended, well or not."""


class Silent:
    """Shows nothing."""

    shows = False

    def start(self, title: str) -> None: ...

    def update(self, report: Report) -> None: ...

    def say(self, line: str) -> None: ...

    def close(self) -> None: ...


class Lines:
    """A line now and then, for log files and pipes."""

    shows = True

    def __init__(self, every: float = LINE_EVERY) -> None:
        self._every = every
        self._spoken = 0.0

    def start(self, title: str) -> None:
        self.say(title)
        self._spoken = time.monotonic()

    def update(self, report: Report) -> None:
        if time.monotonic() - self._spoken >= self._every:
            self._spoken = time.monotonic()
            self.say(f"{report.progress:4.0%}  {report.line()}")

    def say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def close(self) -> None: ...


class Bar:
    """A bar on a terminal; drawn when told to, never by a thread that would take time from training."""

    shows = True

    def __init__(self, console: Console | None = None) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TaskProgressColumn())
        self._console = console or Console(stderr=True)
        self._bar = Progress(
            *columns, TextColumn("{task.fields[line]}"), console=self._console, auto_refresh=False
        )

    def start(self, title: str) -> None:
        self._bar.start()
        self._task = self._bar.add_task(title, total=1.0, line="")

    def update(self, report: Report) -> None:
        self._bar.update(self._task, completed=report.progress, line=report.line(), refresh=True)

    def say(self, line: str) -> None:
        self._bar.console.print(line, markup=False, highlight=False)

    def close(self) -> None:
        self._bar.stop()


def progress_for(*, quiet: bool = False) -> TrainingProgress:
    """Return what suits standard error: a bar on a terminal, lines elsewhere, nothing when ``quiet``."""
    if quiet:
        return Silent()
    console = Console(stderr=True)
    return Bar(console) if console.is_terminal else Lines()
