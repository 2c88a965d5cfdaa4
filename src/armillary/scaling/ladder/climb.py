"""Train a ladder: the fitted rungs, then the prediction, then the model that was held out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from armillary.core.errors import FitError, StoppedError
from armillary.core.files import read_json, write_json
from armillary.core.units import format_count
from armillary.runs.run import Run
from armillary.scaling.analysis import LadderAnalysis, analyse, predict_rungs
from armillary.scaling.ladder.config import LadderConfig
from armillary.scaling.ladder.jobs import train_baselines, train_branch, train_trunk
from armillary.scaling.ladder.progress import LadderProgress
from armillary.scaling.ladder.record import Record, refuse_existing
from armillary.scaling.ladder.rungs import Rung, fitted_rungs, held_out_rungs, with_precision
from armillary.scaling.ladder.threads import processes_and_threads
from armillary.scaling.ladder.tune import tune
from armillary.scaling.ladder.workers import Job, Workers
from armillary.training.checkpoint import checkpoint_at
from armillary.training.config import RunConfig
from armillary.training.rules import n_examples, tokens_of_example
from armillary.training.schedules import stable_steps

BASELINES = "baselines"


def climb(ladder: LadderConfig, folder: Path, *, quiet: bool = False) -> LadderAnalysis:
    """Train ``ladder`` into ``folder`` and return what it says.

    The larger model's loss is predicted, and the prediction written to prediction.json, before that
    model is trained.  Interrupted, the ladder goes on by ``reopen``; finished runs are not touched.
    """
    refuse_existing(folder)
    progress = LadderProgress(folder, quiet)
    progress.say(f"preparing {ladder.base.task.source.kind}")
    source_tokens = _prepare(ladder)
    _warn_of_repetition(ladder, source_tokens, progress)
    ladder = with_precision(ladder)
    lr_scale = tune(ladder, folder / "tune", progress) if ladder.tune else {}
    rungs = fitted_rungs(ladder, lr_scale)
    workers, threads = processes_and_threads(rungs, ladder.workers)
    extra = {"source_tokens": source_tokens, "lr_scale": lr_scale, "workers": workers, "threads": threads}
    record = Record.create(folder, ladder, rungs, extra)
    return _train(record, ladder, rungs, progress)


def reopen(folder: Path, *, quiet: bool = False) -> LadderAnalysis:
    """Go on with the ladder in ``folder`` where it was interrupted."""
    record = Record.open(folder)
    rungs = fitted_rungs(record.ladder, record.data["lr_scale"])
    return _train(record, record.ladder, rungs, LadderProgress(folder, quiet))


def _train(
    record: Record, ladder: LadderConfig, rungs: list[Rung], progress: LadderProgress
) -> LadderAnalysis:
    with Workers(record.data["workers"], record.data["threads"]) as workers:
        try:
            _train_rungs(record, rungs, workers, progress, title="training the ladder", baselines=ladder.base)
            if ladder.held_out is not None and ladder.held_out.families:
                chosen = _predict(record, ladder, progress)
                held_out = held_out_rungs(ladder, chosen, record.data["lr_scale"])
                record.add(held_out)
                _train_rungs(record, held_out, workers, progress, title="training the model held out")
        except (KeyboardInterrupt, StoppedError) as stop:
            folder = record.folder
            raise StoppedError(f"interrupted; go on with: armillary ladder --resume {folder}") from stop
        finally:
            progress.close()
    return analyse(record.folder)


def _train_rungs(
    record: Record,
    rungs: list[Rung],
    workers: Workers,
    progress: LadderProgress,
    *,
    title: str,
    baselines: RunConfig | None = None,
) -> None:
    """Train the rungs that have not finished, and the baselines beside them."""
    jobs = _jobs(record, rungs)
    target = record.folder / f"{BASELINES}.json"
    if baselines is not None and not target.exists():
        jobs.append(Job(BASELINES, train_baselines, (baselines.to_dict(), target), cost=0.0))
    if jobs:
        progress.phase(title, [rung for rung in rungs if rung.name in {job.name for job in jobs}])
        workers.run(jobs, progress.watch)
    if baselines is not None:
        record.set(baselines=read_json(target))


def _jobs(record: Record, rungs: list[Rung]) -> list[Job]:
    """Return a job for every unfinished rung; branches need their trunk."""
    jobs = []
    for rung in rungs:
        path, config = record.run_path(rung.name), rung.config.to_dict()
        if _finished(path):
            continue
        if rung.name == rung.trunk:
            steps = tuple(stable_steps(r.config) for r in rungs if r.trunk == rung.name and r is not rung)
            jobs.append(Job(rung.name, train_trunk, (config, path, steps), rung.train_flops))
            continue
        trunk, step = record.run_path(rung.trunk), stable_steps(rung.config)
        if _finished(trunk) and not (path / "run.json").exists() and checkpoint_at(trunk, step) is None:
            jobs.append(Job(rung.name, train_trunk, (config, path, ()), rung.train_flops))  # trained whole
        else:
            arguments = (config, path, trunk, step)
            jobs.append(Job(rung.name, train_branch, arguments, rung.train_flops, needs=(rung.trunk,)))
    return jobs


def _finished(path: Path) -> bool:
    return (path / "run.json").exists() and Run.open(path).finished


def _predict(record: Record, ladder: LadderConfig, progress: LadderProgress) -> tuple[str, ...]:
    """Predict the held-out model's loss for every family; return the families to train it for.

    The prediction is written down once, before the model is trained, and not again.
    """
    held = ladder.held_out
    assert held is not None
    target = record.folder / "prediction.json"
    if not target.exists():
        rungs = held_out_rungs(ladder, ladder.families, record.data["lr_scale"])
        predictions = predict_rungs(record.folder, rungs)
        if not predictions:
            raise FitError(
                "no family's law could be fitted, so there is nothing to predict; see armillary report"
            )
        ranked = sorted(predictions, key=lambda p: p.loss)
        write_json(
            target,
            {
                "chosen": [p.family for p in ranked][: held.families],
                "predictions": [asdict(p) for p in ranked],
            },
        )
    data = read_json(target)
    for p in data["predictions"]:
        low, high = p["interval_90"]["low"], p["interval_90"]["high"]
        size, tokens = format_count(p["n_params"]), format_count(p["n_tokens"])
        progress.say(
            f"predicted: {p['family']} of {size} parameters on {tokens} {ladder.base.task.unit}s: "
            f"{p['loss']:.3f} [{low:.3f}, {high:.3f}]"
        )
    return tuple(data["chosen"])


def _prepare(ladder: LadderConfig) -> int:
    """Read and encode the source once, before workers ask for it; return its units in training."""
    return n_examples(ladder.base) * tokens_of_example(ladder.base)


def _warn_of_repetition(ladder: LadderConfig, source_tokens: int, progress: LadderProgress) -> None:
    """Say it when budgets go over the source more than once: no law here knows of repeated data."""
    most = max(*ladder.n_tokens, ladder.held_out.n_tokens if ladder.held_out else 0.0)
    if most > source_tokens:
        unit = ladder.base.task.unit
        progress.say(
            f"note: {format_count(most)} {unit}s are {most / source_tokens:.1f} passes over the "
            f"{format_count(source_tokens)} of this source; repeated data teach less and bend the law "
            "(Muennighoff et al. 2023): give more data or smaller budgets"
        )
