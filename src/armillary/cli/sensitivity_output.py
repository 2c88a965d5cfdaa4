"""What ``fit --sensitivity`` prints: other objectives, and the law without single runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from armillary.cli.output import table
from armillary.core.units import format_count, format_flop

if TYPE_CHECKING:
    from armillary.scaling.sensitivity import Sensitivity

NAMED = 3  # runs of a group that are listed by name


def print_sensitivity(found: Sensitivity) -> None:
    """Print two tables, and what they compare."""
    print(
        f"sensitivity of {found.law}: the loss of {format_count(found.n_params)} parameters on "
        f"{format_count(found.n_tokens)} tokens, {format_flop(found.train_flops)} FLOP, "
        f"as fitted {found.loss:.5g}"
    )
    names = list((found.objectives[0].parameters or found.together[0].parameters).keys())
    rows = [
        [fit.objective, *_numbers(fit.parameters, names), _number(fit.loss), _number(fit.value, 10)]
        for fit in found.objectives
    ]
    table(["objective", *names, "loss", "optimum"], rows)
    for fit in found.objectives:
        if fit.problem:
            print(f"{fit.objective}: {fit.problem}")
    rows = [
        [
            _what(without.what, without.runs),
            *_numbers(without.parameters, names),
            _number(without.loss),
            f"{without.change:+.2%}",
        ]
        for without in (*found.single, *found.together)
    ]
    table(["without", *names, "loss", "change"], rows)
    print()


def _what(what: str, runs: Sequence[str]) -> str:
    if len(runs) == 1:
        return what
    more = f" and {len(runs) - NAMED} more" if len(runs) > NAMED else ""
    return f"{what} ({', '.join(runs[:NAMED])}{more})"


def _numbers(parameters: Mapping[str, float], names: Sequence[str]) -> list[str]:
    return [_number(parameters.get(name)) for name in names]


def _number(value: float | None, digits: int = 5) -> str:
    return "" if value is None else f"{value:.{digits}g}"
