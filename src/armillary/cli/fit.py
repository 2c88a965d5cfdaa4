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
    draws: Annotated[int, typer.Option(min=100, help="Bootstrap refits.")] = 1000,
    intervals: Annotated[
        str | None, typer.Option(help="Of the parameters: pair, cluster, residual (bootstraps) or profile.")
    ] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Of the parameters' intervals.")] = 0.9,
    drop_highest: Annotated[int, typer.Option(min=0, help="Leave out so many highest losses.")] = 0,
    sensitive: Annotated[
        bool, typer.Option("--sensitivity", help="Show other objectives, and the law without single runs.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Save the fit, for extrapolate.")] = None,
    as_json: Json = False,
) -> None:
    """Fit a scaling law to trained runs, with intervals, and back-test it on the largest of them."""
    from armillary.cli.curve_output import fit_curves, refuse_for_curves
    from armillary.cli.fit_output import emit_fits, no_fit
    from armillary.core.errors import FitError
    from armillary.fitting.method import intervals_named
    from armillary.fitting.objective import objective_named
    from armillary.scaling.curves.reading import CURVE_COLUMNS, holds_curves
    from armillary.scaling.family import fit_families
    from armillary.scaling.fit_file import save_fits
    from armillary.scaling.reading import read_observations
    from armillary.scaling.sensitivity import sensitivity
    from armillary.scaling.tables import COLUMNS, parse_columns

    mapping = parse_columns(columns or [], (*COLUMNS, *CURVE_COLUMNS))
    if holds_curves(subject, mapping):
        refuse_for_curves(
            objective=objective, intervals=intervals, drop_highest=drop_highest, sensitivity=sensitive
        )
        fit_curves(subject, mapping, law, out, as_json)
        return
    observations = read_observations(subject, mapping).without_highest(drop_highest)
    chosen = objective_named(objective) if objective else None
    kind = intervals_named(intervals) if intervals else None
    fits, problems = fit_families(observations, law, chosen, draws, kind, level)
    if not fits:
        raise FitError(no_fit(subject, problems, observations))
    if out is not None:
        save_fits(list(fits.values()), out, observations)
    checks = {name: sensitivity(found, chosen) for name, found in fits.items() if sensitive}
    emit_fits(fits, problems, observations, out, as_json, checks)
