"""armillary train RECIPE|TASK."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Assignments, Json, Quiet, emit, metric_lines
from armillary.core.errors import RequestError


def train(
    subject: Annotated[
        str | None, typer.Argument(metavar="RECIPE|TASK", help="See: armillary list recipes.")
    ] = None,
    assignments: Assignments = None,
    out: Annotated[Path | None, typer.Option(help="The run's directory; default runs/NAME.")] = None,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="RUN", help="Start from a finished run's weights.")
    ] = None,
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Go on with an interrupted run.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train one model on a built-in source or on your own data (data=PATH); makes a run directory.

    Besides the fields of the configuration, data=PATH names your data, size=1M the number of
    parameters, model=lstm the family and budget=10m how long to train.
    """
    from armillary.recipes import experiment, fine_tuning, name_for
    from armillary.runs.run import Run
    from armillary.runs.store import free_path
    from armillary.training.config import RunConfig
    from armillary.training.progress import progress_for
    from armillary.training.trainer import train as run_training

    if resume is not None:
        if subject or assignments or out or start:
            raise RequestError(
                "--resume goes on with a run as it was configured; give no recipe, field, --out or --from"
            )
        path, config = resume, RunConfig.from_dict(Run.open(resume).config)
    elif subject is None and start is None:
        raise RequestError("name a recipe or a task, such as text-generation (see: armillary list recipes)")
    else:
        words = [*filter(None, [subject]), *(assignments or [])]
        config = experiment(words[0], words[1:]) if start is None else fine_tuning(start, words)
        path = out or free_path(name_for(config, words))
    run = run_training(config, path, resume=resume is not None, progress=progress_for(quiet=quiet))
    summary = run.summary
    emit(
        {"run": str(run.path)} | asdict(summary),
        as_json,
        f"{metric_lines(dict(summary.metrics))}\n\n{run.path}",
    )
