"""armillary evaluate RUN."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from armillary.cli.output import Json, emit, metric_lines

if TYPE_CHECKING:
    from armillary.cli.facts import EvaluateFacts


def evaluate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or its name in runs/.")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    data: Annotated[
        Path | None, typer.Option(help="Judge on this data instead of the run's own source.")
    ] = None,
    baseline: Annotated[bool, typer.Option("--baseline", help="Train the classical baselines too.")] = False,
    as_json: Json = False,
) -> None:
    """Measure a trained run on a split of its source, or on other data."""
    from armillary.inference import open_model
    from armillary.runs.store import resolve

    model = open_model(resolve(run), data=data)
    metrics = model.evaluate(split)
    baselines = model.task.baseline() if baseline else None
    text = metric_lines(metrics)
    for name, scores in (baselines or {}).items():
        text += f"\n\nbaseline {name}\n{metric_lines(scores)}"
    facts: EvaluateFacts = {"run": run, "split": split, "metrics": metrics, "baselines": baselines}
    emit(facts, as_json, text)
