"""What a ladder would train and what that would take, before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from armillary.scaling.ladder.config import LadderConfig
from armillary.scaling.ladder.rungs import Rung, fitted_rungs, held_out_rungs, with_precision
from armillary.scaling.ladder.threads import processes_and_threads
from armillary.training.calibrate import Calibration, calibrate
from armillary.training.schedules import stable_steps

STEPS = 8  # measured steps for each size


@dataclass(frozen=True, kw_only=True)
class Expected:
    """A rung with what it is expected to take in one worker."""

    rung: Rung
    seconds: float  # a branch counts its cooldown alone: it shares its trunk's stable phase
    memory_bytes: int


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """A ladder's rungs with expected times; held-out rungs are listed for every family that may be chosen."""

    rungs: tuple[Expected, ...]
    workers: int
    threads: int
    seconds: float  # expected wall-clock time of the whole ladder


def dry_run(ladder: LadderConfig) -> DryRun:
    """Measure a few steps of every size and return what the whole ladder would take."""
    ladder = with_precision(ladder)
    fitted = fitted_rungs(ladder)
    workers, threads = processes_and_threads(fitted, ladder.workers)
    held_out = held_out_rungs(ladder, ladder.families)
    measured: dict[str, Calibration] = {}
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for rung in (*fitted, *held_out):
            if rung.trunk not in measured:
                measured[rung.trunk] = calibrate(rung.config, steps=STEPS)
    finally:
        torch.set_num_threads(before)
    expected = tuple(_expected(rung, measured[rung.trunk]) for rung in (*fitted, *held_out))
    return DryRun(rungs=expected, workers=workers, threads=threads, seconds=_total(ladder, expected, workers))


def _expected(rung: Rung, measured: Calibration) -> Expected:
    shared = stable_steps(rung.config) if rung.name != rung.trunk else 0
    seconds = (rung.n_steps - shared) * measured.seconds_per_step
    return Expected(rung=rung, seconds=seconds, memory_bytes=measured.peak_memory_bytes)


def _total(ladder: LadderConfig, expected: tuple[Expected, ...], workers: int) -> float:
    """Return the seconds of two phases, each spread over the workers but no shorter than its longest run."""
    fit = [e.seconds for e in expected if e.rung.role == "fit"]
    held = sorted((e.seconds for e in expected if e.rung.role == "held-out"), reverse=True)
    held = held[: ladder.held_out.families] if ladder.held_out else []
    return sum(max(sum(s) / workers, max(s, default=0.0)) for s in (fit, held))
