"""armillary fit RUNS|TABLE."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json


def fit(
    subject: Annotated[
        Path,
        typer.Argument(
            metavar="RUNS|TABLE",
            help="A ladder, a folder of runs, or a table (CSV, JSONL, Parquet) of runs or of curves x, y.",
        ),
    ],
    law: Annotated[
        str | None, typer.Option(help="One of `list laws`; default several, weighted by back-test.")
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="huber, least-squares or least-absolute; default by the number of runs."),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=THEIRS", help="A table's names: n_params='Model Size', y=Loss."),
    ] = None,
    draws: Annotated[int | None, typer.Option(min=100, help="Bootstrap refits; default 1000.")] = None,
    intervals: Annotated[
        str | None, typer.Option(help="Of the parameters: pair, cluster, residual (bootstraps) or profile.")
    ] = None,
    level: Annotated[
        float | None, typer.Option(min=0.5, max=0.999, help="Of the parameters' intervals; default 0.9.")
    ] = None,
    drop_highest: Annotated[int, typer.Option(min=0, help="Leave out so many highest losses.")] = 0,
    sensitive: Annotated[
        bool, typer.Option("--sensitivity", help="Show other objectives, and the law without some runs.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Save the fit, for extrapolate.")] = None,
    as_json: Json = False,
) -> None:
    """Fit a scaling law to trained runs, with intervals, and back-test it on the largest of them."""
    from armillary.cli.curve_output import fit_curves, refuse_for_curves
    from armillary.cli.fit_output import RunOptions, fit_runs
    from armillary.scaling.curves.reading import CURVE_COLUMNS, holds_curves
    from armillary.scaling.tables import COLUMNS, parse_columns

    mapping = parse_columns(columns or [], (*COLUMNS, *CURVE_COLUMNS))
    asked = RunOptions(objective, draws, intervals, level, drop_highest, sensitive)
    if holds_curves(subject, mapping):
        refuse_for_curves(asked)
        fit_curves(subject, mapping, law, out, as_json)
    else:
        fit_runs(subject, mapping, law, asked, out, as_json)
