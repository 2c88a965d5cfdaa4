"""How many processes with how many threads train a ladder fastest on this machine, by measurement."""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch

from armillary.scaling.ladder.rungs import Rung
from armillary.training.calibrate import calibrate
from armillary.training.config import RunConfig

STEPS = 12  # measured steps for each number of threads


def available_cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes_and_threads(rungs: Sequence[Rung], processes: int) -> tuple[int, int]:
    """Return how many processes train ``rungs``, and with how many threads; 0 asked for: as is fastest.

    All cores are used, and none twice: threads that wait for one another by spinning take a shared core
    for themselves.
    """
    if processes:
        return processes, max(1, available_cores() // processes)
    largest = max(rungs, key=lambda rung: rung.n_params)
    threads = best_threads(largest.config, len({rung.trunk for rung in rungs}))
    return max(1, available_cores() // threads), threads


def best_threads(config: RunConfig, n_jobs: int) -> int:
    """Return the threads a process should have when ``n_jobs`` runs like ``config`` are to be trained.

    Several processes of one thread each waste nothing on synchronising; a single large model may still
    train faster with all cores.  Throughput decides: min(jobs, processes) / seconds per step.
    """
    cores = available_cores()
    if cores == 1:
        return 1
    before = torch.get_num_threads()
    try:
        rates = {n: min(n_jobs, cores // n) / _seconds(config, n) for n in {1, cores}}
    finally:
        torch.set_num_threads(before)
    return max(rates, key=lambda n: rates[n])


def _seconds(config: RunConfig, threads: int) -> float:
    torch.set_num_threads(threads)
    return calibrate(config, steps=STEPS).seconds_per_step
