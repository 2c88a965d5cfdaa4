"""armillary evaluate RUN."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from armillary.cli.output import Engine, Json, emit

if TYPE_CHECKING:
    from armillary.cli.facts import EvaluateFacts


def evaluate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or its name in runs/.")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    data: Annotated[
        Path | None, typer.Option(help="Judge on this data instead of the run's own source.")
    ] = None,
    baseline: Annotated[bool, typer.Option("--baseline", help="Train the classical baselines too.")] = False,
    against: Annotated[
        str | None, typer.Option(metavar="RUN", help="Test the difference to this run on the same examples.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A field of the task: search.n_beams=32."),
    ] = None,
    engine: Engine = "torch",
    as_json: Json = False,
) -> None:
    """Measure a trained run on a split of its source, or on other data; what it wrote there is kept."""
    from armillary.cli.evaluate_output import evaluation_text, keep
    from armillary.inference import compare, kept_judgement, open_model
    from armillary.runs.store import resolve

    asked, other = resolve(run), resolve(against) if against else None
    model = open_model(asked, data=data, engine=engine, fields=option or [])
    judgement = model.judge(split)
    baselines = model.task.baseline() if baseline else None
    own = data is None and engine == "torch" and not option  # otherwise its outputs are not the run's own
    outputs = keep(asked, judgement, baselines) if own else None
    comparison = compare(asked, other, judgement, kept_judgement(other, split, data)) if other else None
    facts: EvaluateFacts = {
        "run": run,
        "split": split,
        "metrics": dict(judgement.metrics),
        "baselines": baselines,
        "outputs": str(outputs) if outputs else None,
        "comparison": comparison,
    }
    emit(facts, as_json, evaluation_text(judgement, baselines, comparison))
