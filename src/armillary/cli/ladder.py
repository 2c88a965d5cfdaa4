"""armillary ladder RECIPE|TASK."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Assignments, Json, Quiet
from armillary.core.errors import RequestError


def ladder(
    subject: Annotated[
        str | None, typer.Argument(metavar="RECIPE|TASK", help="See: armillary list recipes.")
    ] = None,
    assignments: Assignments = None,
    sizes: Annotated[
        str, typer.Option(help="Parameters: 2e4,4e4,8e4 or a range 1e4..1e6:5.")
    ] = "3e4..2.4e5:4",
    tokens: Annotated[
        str, typer.Option(help="Units of training data, every size with each.")
    ] = "5e5,1e6,2e6",
    families: Annotated[str, typer.Option(help="Families to compare.")] = "cnn,lstm,transformer",
    held_out: Annotated[
        str,
        typer.Option(metavar="SIZE:TOKENS", help="The model to predict; default twice the largest of both."),
    ] = "",
    held_out_families: Annotated[
        int, typer.Option(help="Train it for so many of the best families; 0: none.")
    ] = 1,
    tune: Annotated[bool, typer.Option("--tune", help="Bracket the best learning rate first.")] = False,
    workers: Annotated[int, typer.Option(help="Processes; 0: as many as are fastest here.")] = 0,
    out: Annotated[Path | None, typer.Option(help="The ladder's folder; default runs/NAME-ladder.")] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="LADDER", help="Go on with an interrupted one.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would train and take.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train rising sizes and data budgets, fit each family's law, predict a larger model and train it."""
    from armillary.cli.ladder_output import emit_analysis, emit_dry_run
    from armillary.recipes import experiment
    from armillary.runs.store import free_path
    from armillary.scaling.ladder import LadderConfig, climb, parse_held_out, parse_sizes, reopen

    if resume is not None:
        if subject or assignments or out:
            raise RequestError(
                "--resume goes on with a ladder as it was configured; give nothing else with it"
            )
        emit_analysis(reopen(resume, quiet=quiet), resume, as_json)
        return
    if subject is None:
        raise RequestError("name a recipe or a task, such as text-generation (see: armillary list recipes)")
    config = LadderConfig(
        name=subject,
        base=experiment(subject, assignments or []),
        families=tuple(families.split(",")),
        sizes=parse_sizes(sizes),
        n_tokens=parse_sizes(tokens),
        tune=tune,
        workers=workers,
    )
    config = config.replace(held_out=parse_held_out(held_out, config, held_out_families))
    if dry_run:
        emit_dry_run(config, as_json)
        return
    folder = out or free_path(f"{subject}-ladder")
    emit_analysis(climb(config, folder, quiet=quiet), folder, as_json)
