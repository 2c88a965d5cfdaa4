"""armillary trends SUBJECT."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json


def trends(
    subject: Annotated[str, typer.Argument(metavar="QUANTITY", help="What to project: training_flop.")],
    data: Annotated[Path | None, typer.Option(help="Your CSV, or a table of Epoch AI as downloaded.")] = None,
    since: Annotated[float | None, typer.Option(help="Use rows from this year on: 2010.")] = None,
    as_of: Annotated[float | None, typer.Option(help="Use rows until this year only: 2024.4.")] = None,
    until: Annotated[float, typer.Option(help="Project to this year.")] = 2030.0,
    frontier: Annotated[int | None, typer.Option(help="Use rows among so many largest of their day.")] = None,
    domain: Annotated[str | None, typer.Option(help="Use rows of a domain: Language.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Use rows of an organisation.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Use rows that are not notable too.")] = False,
    without_outliers: Annotated[bool, typer.Option(help="Leave out rows far below their time.")] = False,
    method: Annotated[str, typer.Option(help="How to project: auto is what back-tests best.")] = "auto",
    quantile: Annotated[float | None, typer.Option(help="Show growth of this quantile too: 0.9.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the trend is written: TREND.json.")] = None,
    seed: Annotated[int, typer.Option(help="Of all random draws.")] = 0,
    as_json: Json = False,
) -> None:
    """Project where AI goes from its history, with intervals and a back-test."""
    from armillary.cli.trends_output import emit_projection
    from armillary.trends.projection import project, years_until
    from armillary.trends.quantiles import quantile_growth
    from armillary.trends.record.tables import table_of
    from armillary.trends.selection import Selection, select
    from armillary.trends.trend_file import save_trend

    table, notable = table_of(subject, data)
    rules = Selection(
        since=since,
        until=as_of,
        notable=notable and not everything,
        frontier=frontier,
        domain=domain,
        organisation=organisation,
        without_outliers=without_outliers,
    )
    series = select(table, subject, rules)
    projection = project(series, years_until(series, until), method, seed=seed)
    edge = quantile and (quantile, quantile_growth(series, quantile, seed=seed))
    if out is not None:
        save_trend(projection, out)
    emit_projection(projection, edge or None, table, out, as_json)
