"""Jobs that depend on each other, over a few worker processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from armillary.scaling.ladder.jobs import start_worker

POLL = 0.5  # seconds between two looks at the progress of running jobs


@dataclass(frozen=True)
class Job:
    """A call for a worker process, once the jobs that it needs are done."""

    name: str
    call: Callable[..., None]
    arguments: tuple[Any, ...]
    cost: float  # FLOP that are left: the most expensive ready job goes first
    needs: tuple[str, ...] = ()


class Workers:
    """Worker processes that live through several batches of jobs (starting one loads PyTorch)."""

    def __init__(self, count: int, threads: int) -> None:
        self.count = count
        # spawn: a forked process would inherit thread pools that no longer run
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, context, initializer=start_worker, initargs=(threads,))

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def run(self, jobs: Sequence[Job], watch: Callable[[set[str], set[str]], None]) -> None:
        """Run ``jobs``; call ``watch(running, done)`` now and then.  A job's error ends the batch.

        Jobs that run when another fails, or when the user interrupts, are waited for: each saves what
        it has.
        """
        waiting = sorted(jobs, key=lambda job: -job.cost)
        running: dict[Future[None], Job] = {}
        done: set[str] = set()
        names = {job.name for job in jobs}
        while waiting or running:
            self._submit_ready(waiting, running, done, names)
            finished, _ = wait(running, timeout=POLL, return_when=FIRST_COMPLETED)
            for future in finished:
                job = running.pop(future)
                future.result()
                done.add(job.name)
            watch({job.name for job in running.values()}, done)

    def _submit_ready(
        self, waiting: list[Job], running: dict[Future[None], Job], done: set[str], names: set[str]
    ) -> None:
        for job in list(waiting):
            if len(running) >= self.count:
                return
            if all(need in done or need not in names for need in job.needs):
                waiting.remove(job)
                running[self._pool.submit(job.call, *job.arguments)] = job
