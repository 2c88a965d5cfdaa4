"""armillary plan SUBJECT."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json
from armillary.core.errors import RequestError

Subject = Annotated[str | None, typer.Argument(help="hoffmann, besiroglu, a fit.json, ladder, runs, table.")]
Against = Annotated[list[str] | None, typer.Option(metavar="LAW", help="Laws that may be true instead.")]
Columns = Annotated[
    list[str] | None, typer.Option(metavar="OURS=THEIRS", help="A table's names: n_params='Model Size'.")
]


def plan(
    subject: Subject = None,
    flops: Annotated[str | None, typer.Option(help="Budget: training FLOP, 5.76e23.")] = None,
    usd: Annotated[str | None, typer.Option(help="Budget: US dollars, with --on.")] = None,
    days: Annotated[str | None, typer.Option(help="Budget: days, with --on and --devices.")] = None,
    loss: Annotated[str | None, typer.Option(help="Goal: a loss, in nats per unit.")] = None,
    params: Annotated[str | None, typer.Option(help="Without SUBJECT: parameters, 175B.")] = None,
    tokens: Annotated[str | None, typer.Option(help="Without SUBJECT: training tokens, 300B.")] = None,
    on: Annotated[str | None, typer.Option(metavar="DEVICE", help="One of `list hardware`.")] = None,
    devices: Annotated[int | None, typer.Option(min=1, help="Default: what takes 30 days.")] = None,
    precision: Annotated[str, typer.Option(help="fp32, tf32, bf16 or fp8.")] = "bf16",
    hardware: Annotated[Path | None, typer.Option(help="A table of your own devices.")] = None,
    inference_tokens: Annotated[str | None, typer.Option(help="To be served: 1e12.")] = None,
    data: Annotated[str | None, typer.Option(help="Unique tokens that there are: 200B.")] = None,
    against: Against = None,
    next_run: Annotated[str | None, typer.Option(metavar="FLOP|$USD", help="One more run's cost.")] = None,
    law: Annotated[str | None, typer.Option(help="Fit this to runs; one of `list laws`.")] = None,
    family: Annotated[str | None, typer.Option(help="Which, where there are several.")] = None,
    columns: Columns = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.99, help="Of intervals.")] = 0.9,
    out: Annotated[Path | None, typer.Option(help="Save the plan as plan.json.")] = None,
    as_json: Json = False,
) -> None:
    """Say which model to train for a budget, what it takes, and how sure that is."""
    from armillary.cli.plan_output import emit_plan, emit_training
    from armillary.scaling.planning import planner, request
    from armillary.scaling.planning.subject import read_subject
    from armillary.scaling.tables import parse_columns

    machine = request.devices_of(on, devices, precision, hardware)
    if subject is None:
        emit_training(request.training_of(params, tokens, machine), as_json)
        return
    if params or tokens:
        raise RequestError("--params and --tokens plan a model without a law; leave them or SUBJECT out")
    budget, wishes = (
        request.budget_of(flops, usd, days, loss),
        request.wishes_of(inference_tokens, data, against, next_run),
    )
    chosen = read_subject(subject, columns=parse_columns(columns or []), law=law, family=family, level=level)
    emit_plan(planner.make_plan(chosen, budget, machine, wishes), out, as_json)
