"""armillary trends SUBJECT."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json


def trends(
    subject: Annotated[
        str,
        typer.Argument(help="A quantity, or bottlenecks, innovations, families, drift, affordable, levers."),
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORDS]...", help="More rules, or NAME=VALUE... of limits, or OLD NEW."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Your CSV, or a table of Epoch AI as downloaded.")] = None,
    since: Annotated[float | None, typer.Option(help="Use rows from this year on: 2010.")] = None,
    as_of: Annotated[float | None, typer.Option(help="Use rows until this year only: 2024.4.")] = None,
    until: Annotated[float, typer.Option(help="Project to this year.")] = 2030.0,
    frontier: Annotated[int | None, typer.Option(help="Use rows among so many largest of their day.")] = None,
    domain: Annotated[str | None, typer.Option(help="Use rows of a domain: Language.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Use rows of an organisation.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Use rows that are not notable too.")] = False,
    without_outliers: Annotated[bool, typer.Option(help="Leave out rows far below their time.")] = False,
    ceiling: Annotated[float | None, typer.Option(help="The most it can be, where known: 1.")] = None,
    method: Annotated[str, typer.Option(help="How to project: auto is what back-tests best.")] = "auto",
    quantile: Annotated[float | None, typer.Option(help="Show growth of this quantile too: 0.9.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the trend is written: TREND.json.")] = None,
    seed: Annotated[int, typer.Option(help="Of all random draws.")] = 0,
    as_json: Json = False,
) -> None:
    """Project where AI goes from its history, with intervals and a back-test."""
    from armillary.cli.trends_subjects import Question, answer

    rules = {"since": since, "until": as_of, "frontier": frontier, "domain": domain}
    rules |= {"organisation": organisation, "without_outliers": without_outliers}
    answer(
        Question(
            subject=subject,
            words=tuple(words or ()),
            data=data,
            rules=rules,
            everything=everything,
            until=until,
            ceiling=ceiling,
            method=method,
            quantile=quantile,
            out=out,
            seed=seed,
            as_json=as_json,
        )
    )
