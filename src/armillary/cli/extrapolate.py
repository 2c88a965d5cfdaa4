"""armillary extrapolate FIT."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from armillary.cli.output import Json, emit


def extrapolate(
    subject: Annotated[Path, typer.Argument(metavar="FIT", help="What `armillary fit --out FIT` wrote.")],
    params: Annotated[str | None, typer.Option(help="Parameters of the model: 1.3B.")] = None,
    tokens: Annotated[str | None, typer.Option(help="Units of training data: 26B.")] = None,
    flops: Annotated[str | None, typer.Option(help="Training FLOP: 3e20; alone, at its best split.")] = None,
    unique_tokens: Annotated[
        str | None, typer.Option(help="Distinct ones among the tokens, where data is repeated.")
    ] = None,
    x: Annotated[str | None, typer.Option("--x", help="Where to predict a fitted curve: 1e9.")] = None,
    family: Annotated[
        str | None, typer.Option(help="Which family or curve, where several were fitted.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Predict the loss of a larger model from a fitted law, with its interval."""
    from armillary.cli.curve_output import extrapolate_curves
    from armillary.cli.fit_output import extrapolation_text
    from armillary.core.units import parse_count
    from armillary.scaling.curves.curve_file import holds_curve_fits
    from armillary.scaling.extrapolation import extrapolate as predict
    from armillary.scaling.fit_file import choose, load_fits

    if holds_curve_fits(subject):
        extrapolate_curves(subject, x, family, as_json)
        return
    fitted = choose(load_fits(subject), family)
    n_params, n_tokens, train_flops, n_unique = (
        None if text is None else parse_count(text) for text in (params, tokens, flops, unique_tokens)
    )
    prediction = predict(
        fitted, n_params=n_params, n_tokens=n_tokens, train_flops=train_flops, n_unique_tokens=n_unique
    )
    emit(asdict(prediction), as_json, extrapolation_text(prediction))
