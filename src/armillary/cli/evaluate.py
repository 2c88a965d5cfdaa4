"""armillary evaluate RUN."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json, emit, metric_lines


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
    result: dict[str, object] = {"run": run, "split": split, "metrics": metrics}
    text = metric_lines(metrics)
    if baseline:
        result["baselines"] = baselines = model.task.baseline()
        for name, scores in baselines.items():
            text += f"\n\nbaseline {name}\n{metric_lines(scores)}"
    emit(result, as_json, text)
