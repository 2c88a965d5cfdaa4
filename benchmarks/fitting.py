"""Fitting the law of Chinchilla: batched Newton steps against one L-BFGS-B search after another.

The contenders minimise the same Huber objective (threshold 1e-3, log residuals) over the same runs.
SciPy's searches get the usual parameters (ln A, ln B, ln E, alpha, beta) in a log-sum-exp; forty of them
are timed and stand for all.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from armillary.fitting.fit import Fit, fit
from armillary.fitting.objective import Huber, LeastSquares, huber
from armillary.fitting.solver import minimise
from armillary.fitting.uncertainty import bootstrap
from armillary.scaling.laws import Chinchilla
from armillary.scaling.reading import read_observations
from armillary.scaling.tables import parse_columns

REFITS, ROUNDS = 4000, 5
SAMPLE = 40  # searches of SciPy's, timed in each round
GRID = (  # ln A, ln B, ln E, alpha, beta: the starts of Hoffmann et al. 2022, section D.3
    range(0, 26, 5),
    range(0, 26, 5),
    (-1, -0.5, 0, 0.5, 1),
    (0, 0.5, 1, 1.5, 2),
    (0, 0.5, 1, 1.5, 2),
)
PEER = """
import json, sys, time
import polars as pl
from simple_scaling_laws import fit
size, data, loss = json.load(sys.stdin)
rows = {"training_run_id": [str(i) for i in range(len(loss))], "model_size__n": size,
        "dataset_size__d": data, "test_loss__ce": loss}
start = time.perf_counter()
fit(pl.DataFrame(rows), law="separable-power", n_draws=int(sys.argv[1]), seed=0)
print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class Search:
    """A way to call SciPy's L-BFGS-B."""

    name: str
    exact: bool  # whether it gets the exact gradient
    tolerances: Mapping[str, float] = field(default_factory=dict)


# The objective is near 1e-3, where SciPy's usual tolerances, absolute there, stop short of the optimum.
TIGHT = {"maxiter": 5000, "maxfun": 10000, "ftol": 1e-15, "gtol": 1e-9}
SEARCHES = (
    Search("exact gradient, tolerances that end at the optimum", True, TIGHT),
    Search("exact gradient, its own tolerances", True),
    Search("its finite differences and tolerances", False),
)


@dataclass(frozen=True)
class Report:
    """What was measured."""

    title: str
    lines: tuple[str, ...]

    def markdown(self) -> str:
        """Return the rows as a table."""
        head = (
            "| work | ours [s] | SciPy or a package | theirs [s] | so many times as fast | at our optimum |"
        )
        return "\n".join([f"### {self.title}\n", head, "|---|---:|---|---:|---:|---:|", *self.lines]) + "\n"


class Runs:
    """The runs, our fit of them, and SciPy's way to their optimum."""

    def __init__(self, n_params: np.ndarray, n_tokens: np.ndarray, losses: np.ndarray) -> None:
        self.n_params, self.n_tokens, self.losses = n_params, n_tokens, losses
        self._logs = np.log(n_params), np.log(n_tokens), np.log(losses)

    def fit(self) -> Fit:
        return fit(Chinchilla, {"n_params": self.n_params, "n_tokens": self.n_tokens}, self.losses, Huber())

    def objective(self, x: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the objective and its gradient at (ln A, ln B, ln E, alpha, beta)."""
        size, data, measured = self._logs
        terms = np.stack([x[0] - x[3] * size, x[1] - x[4] * data, np.full(len(size), x[2])])
        predicted = logsumexp(terms, axis=0)
        share = np.exp(terms - predicted)
        residual = measured - predicted
        pull = -weights * np.clip(residual, -Huber().delta, Huber().delta)
        slopes = np.stack([share[0], share[1], share[2], -share[0] * size, -share[1] * data])
        return float((weights * huber(residual, Huber().delta)).sum()), slopes @ pull

    def search(self, start: np.ndarray, weights: np.ndarray, how: Search) -> float:
        """Return the objective that one L-BFGS-B search reaches."""
        if how.exact:
            found = minimize(
                self.objective, start, (weights,), "L-BFGS-B", jac=True, options=dict(how.tolerances)
            )
        else:
            found = minimize(lambda x: self.objective(x, weights)[0], start, method="L-BFGS-B")
        return float(found.fun)


def main(options: Sequence[str] = ()) -> Report:
    """Race on the runs of ``--data TABLE``, or on 240 simulated ones."""
    asked = _options(options)
    runs = _read(asked) if asked.data else _simulated()
    lines = [*_refits(runs), *_certified(runs)]
    if asked.peer_python:
        lines.append(_package(runs, asked.peer_python))
    return Report(f"Chinchilla's law, {len(runs.losses)} runs", tuple(lines))


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks fitting")
    parser.add_argument("--data", type=Path, help="a table of runs; 240 are simulated without one")
    parser.add_argument("--columns", action="append", default=[], help="OURS=THEIRS, as for armillary fit")
    parser.add_argument("--drop-highest", type=int, default=0, help="leave out so many of the highest losses")
    parser.add_argument("--peer-python", help="a Python 3.12 that has simple-scaling-laws 0.2.0")
    return parser.parse_args(options)


def _read(asked: argparse.Namespace) -> Runs:
    rows = read_observations(asked.data, parse_columns(asked.columns)).rows
    kept = sorted(rows, key=lambda row: row.loss)[: len(rows) - asked.drop_highest]
    return Runs(
        *(np.array([getattr(row, name) for row in kept]) for name in ("n_params", "n_tokens", "loss"))
    )


def _simulated() -> Runs:
    """Return 240 runs about the law of Besiroglu et al. 2024, a hundredth of which stray far from it."""
    rng = np.random.default_rng(0)
    n_params, n_tokens = np.exp(rng.uniform(np.log([5e7, 1e9]), np.log([1e10, 5e11]), (240, 2))).T
    law = Chinchilla(E=1.8172, A=482.01, B=2085.43, alpha=0.3478, beta=0.3658)
    noise = rng.standard_normal(240) * np.where(rng.random(240) < 0.01, 0.05, 0.005)
    return Runs(n_params, n_tokens, law(n_params, n_tokens) * np.exp(noise))


def _theta(fitted: Fit) -> np.ndarray:
    law = fitted.law.to_dict()
    return np.array([np.log(law["A"]), np.log(law["B"]), np.log(law["E"]), law["alpha"], law["beta"]])


def _refits(runs: Runs) -> list[str]:
    """Time bootstrap refits: all resamples at once, and a search from the optimum for each."""
    fitted, rng = runs.fit(), np.random.default_rng(0)
    n = len(runs.losses)
    weights = rng.multinomial(n, np.full(n, 1 / n), SAMPLE).astype(float)
    task = replace(fitted.problem(), weights=weights)
    best = minimise(task, np.repeat(task.in_units(fitted.law)[None], SAMPLE, axis=0), Huber()).values
    start = _theta(fitted)
    lines = []
    for how in SEARCHES:
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(_seconds(lambda: bootstrap(fitted, "pair", REFITS)))
            seconds, found = _round(runs, [start] * SAMPLE, weights, how)
            theirs.append(seconds * REFITS / SAMPLE)
        reached = f"{_share(found, best):.0%} of refits"
        lines.append(_line(f"{REFITS} bootstrap refits", ours, how.name, theirs, reached))
    return lines


def _certified(runs: Runs) -> list[str]:
    """Time the search for the one optimum: ours with its certificate, theirs from a grid of 4,500 starts."""
    grid = np.array(list(itertools.product(*GRID)), dtype=float)
    starts = grid[np.random.default_rng(0).choice(len(grid), SAMPLE, replace=False)]
    weights = np.ones((SAMPLE, len(runs.losses)))
    best, lines = runs.fit().certificate.value, []
    for how in SEARCHES:
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(_seconds(runs.fit))
            seconds, found = _round(runs, starts, weights, how)
            theirs.append(seconds * len(grid) / SAMPLE)
        reached = f"{_share(found, best):.0%} of starts"
        lines.append(_line("certified optimum", ours, f"{len(grid)} starts, {how.name}", theirs, reached))
    return lines


def _round(
    runs: Runs, starts: Sequence[np.ndarray], weights: np.ndarray, how: Search
) -> tuple[float, list[float]]:
    """Return the seconds that one search from each start takes, and the objectives that they reach."""
    found: list[float] = []
    seconds = _seconds(
        lambda: found.extend(runs.search(x, w, how) for x, w in zip(starts, weights, strict=True))
    )
    return seconds, found


def _share(found: Sequence[float], best: np.ndarray | float) -> float:
    return float((np.array(found) <= best * (1 + 1e-4)).mean())


def _package(runs: Runs, python: str) -> str:
    """Time a whole least-squares fit with its draws, theirs in a Python of its own (import not counted)."""
    inputs = {"n_params": runs.n_params, "n_tokens": runs.n_tokens}
    columns = json.dumps([list(map(float, c)) for c in (runs.n_params, runs.n_tokens, runs.losses)])
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(
            _seconds(lambda: bootstrap(fit(Chinchilla, inputs, runs.losses, LeastSquares()), "pair", REFITS))
        )
        done = subprocess.run(
            [python, "-c", PEER, str(REFITS)], input=columns, capture_output=True, text=True, check=True
        )
        theirs.append(float(done.stdout.split()[-1]))
    return _line(f"least squares and {REFITS} refits", ours, "simple-scaling-laws 0.2.0", theirs, "")


def _line(work: str, ours: Sequence[float], peer: str, theirs: Sequence[float], reached: str) -> str:
    ratios = sorted(t / o for t, o in zip(theirs, ours, strict=True))
    middle = statistics.median(ratios)
    print(f"fitting: {work}, {peer}: {middle:.3g}", file=sys.stderr, flush=True)
    return (
        f"| {work} | {statistics.median(ours):.3g} | {peer} | {statistics.median(theirs):.3g} "
        f"| {middle:.3g} ({ratios[0]:.3g} to {ratios[-1]:.3g}) | {reached} |"
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
