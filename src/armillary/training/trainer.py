"""Train a model: one function for every task and family."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from armillary.core.errors import RequestError
from armillary.core.units import format_count
from armillary.runs.run import Run, Summary
from armillary.training import checkpoint as checkpoints
from armillary.training.config import RunConfig
from armillary.training.finished import write_model
from armillary.training.horizon import horizon
from armillary.training.learner import Learner
from armillary.training.logbook import Logbook, Seen
from armillary.training.loop import Loop
from armillary.training.machine import tune_machine
from armillary.training.parallel import Processes, fabric_for
from armillary.training.probe import matmul_peak
from armillary.training.progress import Silent, TrainingProgress
from armillary.training.rules import resolved
from armillary.training.start import first_weights, taught


def train(
    config: RunConfig,
    path: Path,
    *,
    resume: bool = False,
    progress: TrainingProgress | None = None,
    checkpoint_steps: Sequence[int] = (),
) -> Run:
    """Train ``config`` in the run directory ``path`` and return the finished run.

    What ``config`` leaves open is derived (``training.rules``) and written down in the run.  With
    ``resume`` a run that was interrupted goes on from its newest whole checkpoint, or from the start when
    it has none, and ends with the weights that it would have had; a finished one is returned as it is.
    Checkpoints at ``checkpoint_steps`` are kept for good, for branches to start from.

    With ``config.start`` it begins at the weights of that run, else at random ones.

    Raises RequestError when ``path`` holds a run and ``resume`` is false, or one of another
    configuration; ConfigError for a configuration that cannot be trained here; DivergenceError;
    CheckpointError when the disk refuses or no checkpoint is whole; StoppedError on Ctrl-C.
    """
    if resume and Run.open(path).finished:
        return Run.open(path)
    tune_machine()
    progress = progress or Silent()
    config = taught(config)
    config = _stored(path, config) if resume else resolved(config)
    fabric = fabric_for(config)
    processes = Processes(fabric)
    run = _run_at(processes.same(path), config, processes, resume)
    learner = Learner(config, fabric)
    if config.start is not None:
        learner.take(first_weights(config.start), config.start)
    logbook = Logbook(run, tensorboard=config.tensorboard, writes=processes.first)
    peak = matmul_peak(config.precision, fabric.device.type) if progress.shows else math.nan
    pinned = frozenset(checkpoint_steps)
    loop = Loop(config, run, learner, horizon(config), logbook, progress, processes, pinned, peak)
    try:
        progress.start(_title(config))
        progress.say(", ".join(f"{name} {count:,}" for name, count in config.task.report().items()))
        if resume:
            _go_on(loop, run, processes, progress)
        loop.run()
        _finish(loop, learner, run, config, processes)
    finally:
        progress.close()
        logbook.close()
    processes.wait()
    return run


def _run_at(path: Path, config: RunConfig, processes: Processes, resume: bool) -> Run:
    """Return the run at ``path``, made by the first process when it is a new one."""
    if processes.first and not resume:
        Run.create(path, config.to_dict(), parent=config.start)
    processes.wait()
    return Run.open(path)


def _stored(path: Path, config: RunConfig) -> RunConfig:
    """Return the configuration that the run at ``path`` was started with; ``config`` must agree with it."""
    stored = RunConfig.from_dict(Run.open(path).config)
    _compare(config.fitted().to_dict(), stored.to_dict(), path)
    return stored.replace(task=config.task)  # what its preprocessor has learnt is learnt already


def _compare(given: object, stored: object, path: Path, name: str = "") -> None:
    if isinstance(given, dict) and isinstance(stored, dict) and given.keys() == stored.keys():
        for key in given:
            _compare(given[key], stored[key], path, f"{name}.{key}".strip("."))
    elif given not in (stored, None, "auto"):
        raise RequestError(
            f"{path} was started with {name}={stored}, not {given}; a run goes on as it began: "
            "leave that out, or choose another directory"
        )


def _title(config: RunConfig) -> str:
    size = format_count(config.model.n_params)
    return f"{config.task.kind}: {config.model.kind} of {size} parameters, {config.budget}"


def _go_on(loop: Loop, run: Run, processes: Processes, progress: TrainingProgress) -> None:
    """Bring ``loop`` to where the newest whole checkpoint left the run."""
    if processes.first:
        checkpoints.sweep(run.path)
    checkpoint = checkpoints.newest(run.path, warn=progress.say)
    if checkpoint is not None:
        loop.restore(checkpoint)
    if processes.first:
        run.rewind(checkpoint.values["records"] if checkpoint is not None else 0)


def _finish(loop: Loop, learner: Learner, run: Run, config: RunConfig, processes: Processes) -> None:
    """Measure the weights that the run ends with, and write them and all that goes with them."""
    if loop.best.weights:
        learner.take(loop.best.weights, run.path)
    validation, test = loop.evaluate("validation"), loop.judge("test")
    weights = learner.weights()
    if processes.first:
        write_model(run, config, weights, test, _summary(loop.seen, config, validation, test.metrics))


def _summary(
    seen: Seen, config: RunConfig, validation: Mapping[str, float], test: Mapping[str, float]
) -> Summary:
    return Summary(
        n_params=config.model.n_params,
        n_params_non_embedding=config.model.n_params_non_embedding,
        n_examples=seen.n_examples,
        n_tokens=seen.n_tokens,
        train_flops=seen.train_flops,
        loss=validation["loss"],
        seconds=seen.seconds,
        unit=config.task.unit,
        metrics={**validation, **{f"test/{name}": value for name, value in test.items()}},
    )
