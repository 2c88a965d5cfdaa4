"""What the laws are fitted to: one row per trained model, from a ladder, a folder of runs or a table."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from armillary.core.errors import DataError, RequestError, unknown
from armillary.core.files import read_json
from armillary.fitting.law import Values
from armillary.fitting.selection import Table
from armillary.runs.run import Run, Summary
from armillary.runs.store import find_runs

Role = Literal["fit", "held-out"]
LOSS = "loss"  # what laws are fitted to where nothing else is asked for
FLOP_PER_PARAM_TOKEN = 6.0  # two forward, four backward (Kaplan et al. 2020, arXiv:2001.08361, section 2.1)


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One trained model: its size, its data, its compute and the loss it reached."""

    n_params: float
    n_tokens: float  # units of the loss seen in training, repeats counted
    train_flops: float
    loss: float  # nats per unit on held-out data
    family: str = ""
    name: str = ""  # of the run, or the row of the table
    role: Role = "fit"  # fitted, or held out to check the law
    seconds: float | None = None  # wall-clock training time; None: not recorded
    lineage: str = ""  # runs of one lineage share a stable phase, so their noise is shared too
    n_unique_tokens: float | None = None  # distinct ones among n_tokens; None: none was seen twice


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A row that was not used, and why."""

    row: str  # "row 12" of a table, or the name of a run
    reason: str


@dataclass(frozen=True, kw_only=True)
class Observations:
    """All that a place holds: what can be fitted, what cannot, and what had to be assumed."""

    rows: tuple[Observation, ...]
    dropped: tuple[Dropped, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def families(self) -> tuple[str, ...]:
        """The families in order of their first row."""
        return tuple(dict.fromkeys(row.family for row in self.rows))

    def of(self, family: str, role: Role = "fit") -> tuple[Observation, ...]:
        """Return one family's rows of a role, in order of compute."""
        chosen = (row for row in self.rows if row.family == family and row.role == role)
        return tuple(sorted(chosen, key=lambda row: row.train_flops))

    def without_highest(self, count: int) -> Observations:
        """Return the observations without the ``count`` highest losses of each family, listed as dropped."""
        if not count:
            return self
        left_out = []
        for family in self.families:
            left_out += sorted(self.of(family), key=lambda row: -row.loss)[:count]
        reason = f"is one of the {count} highest losses, left out as asked"
        return replace(
            self,
            rows=tuple(row for row in self.rows if row not in left_out),
            dropped=(*self.dropped, *(Dropped(row=row.name, reason=reason) for row in left_out)),
        )


def law_inputs(
    n_params: Values, n_tokens: Values, train_flops: Values, n_unique_tokens: Values | None = None
) -> dict[str, Values]:
    """Return a model, or many, as the inputs that laws take by name; without repeats all data is unique."""
    return {
        "n_params": n_params,
        "n_tokens": n_tokens,
        "train_flops": train_flops,
        "n_unique_tokens": n_tokens if n_unique_tokens is None else n_unique_tokens,
    }


def as_table(rows: Iterable[Observation]) -> Table:
    """Return observations as the columns that laws are fitted to."""
    rows = tuple(rows)
    inputs = [law_inputs(row.n_params, row.n_tokens, row.train_flops, row.n_unique_tokens) for row in rows]
    names = ("n_params", "n_tokens", "train_flops", "n_unique_tokens")
    return Table(
        columns={name: np.array([row[name] for row in inputs], dtype=np.float64) for name in names},
        losses=np.array([row.loss for row in rows], dtype=np.float64),
        lineage=tuple(row.lineage for row in rows),
    )


def from_ladder(folder: Path, metric: str = LOSS) -> Observations:
    """Read the finished rungs of the ladder in ``folder``; others are listed as dropped.

    ``metric`` is what a law is fitted to: the loss, or any metric of the runs that falls towards a limit,
    such as test/frechet_distance.  DataError when no run has it.
    """
    found = _Collected(metric)
    for rung in read_json(folder / "ladder.json")["rungs"]:
        path = folder / "rungs" / rung["name"]
        run = Run.open(path) if (path / "run.json").is_file() else None
        found.add(rung["name"], run, rung["family"], rung["role"], rung["trunk"])
    return found.observations()


def from_runs(folder: Path, metric: str = LOSS) -> Observations:
    """Read every finished run at or below ``folder``; ``metric`` as for ``from_ladder``.

    RequestError when there is none, or when they are of several tasks, whose losses do not compare.
    """
    if not folder.is_dir():
        raise RequestError(f"there is no file or folder {folder}; give a ladder, a folder of runs or a table")
    found, tasks = _Collected(metric), set()
    for run in find_runs(folder):
        lineage = Path(run.parent).name if run.parent else run.name
        found.add(run.name, run, run.config["model"]["kind"], "fit", lineage)
        tasks.add(run.config["task"]["kind"])
    if not tasks:
        raise RequestError(f"{folder} holds no finished run; `armillary list runs` shows what there is")
    if len(tasks) > 1:
        raise RequestError(
            f"{folder} holds runs of several tasks ({', '.join(sorted(tasks))}), whose losses do not "
            "compare; give a folder with runs of one"
        )
    return found.observations()


class _Collected:
    """Runs on their way to becoming observations."""

    def __init__(self, metric: str) -> None:
        self._metric = metric
        self._named: set[str] = set()  # the metrics that runs have
        self.rows: list[Observation] = []
        self.dropped: list[Dropped] = []

    def add(self, name: str, run: Run | None, family: str, role: Role, lineage: str) -> None:
        reason = self._reason_against(run)
        if run is None or reason:
            self.dropped.append(Dropped(row=name, reason=reason))
            return
        summary = run.summary
        self.rows.append(
            Observation(
                n_params=float(summary.n_params),
                n_tokens=float(summary.n_tokens),
                train_flops=float(summary.train_flops),
                loss=_value(summary, self._metric),
                family=family,
                name=name,
                role=role,
                seconds=float(summary.seconds),
                lineage=lineage,
            )
        )

    def _reason_against(self, run: Run | None) -> str:
        """Return why a law cannot be fitted to ``run``, "" when it can."""
        if run is None or not run.finished:
            return "has not been trained to its end"
        if run.config.get("start"):
            return "started from the weights of another run, whose compute it does not count"
        if run.config.get("quantization"):
            return "has rounded weights, which say less than their number"
        self._named |= {LOSS, *run.summary.metrics}
        value = _value(run.summary, self._metric)
        if math.isnan(value):
            return f"has no {self._metric}"
        possible = math.isfinite(value) and value > 0
        return "" if possible else f"has a {self._metric} of {value:g}, which no law can be fitted to"

    def observations(self) -> Observations:
        if self._named and self._metric not in self._named:
            raise DataError(unknown("metric of these runs", self._metric, sorted(self._named)))
        taken = () if self._metric == LOSS else (f"{self._metric} is taken for the loss",)
        return Observations(rows=tuple(self.rows), dropped=tuple(self.dropped), assumptions=taken)


def _value(summary: Summary, metric: str) -> float:
    """Return a figure that a run measured; NaN where it has none of that name."""
    return float(summary.loss if metric == LOSS else summary.metrics.get(metric, math.nan))
