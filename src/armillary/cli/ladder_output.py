"""What ``ladder`` and ``demo`` print: the plan of a dry run, the outcome of a ladder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from armillary.cli.output import emit, table
from armillary.core.units import format_bytes, format_count, format_flop, format_seconds, format_usd

if TYPE_CHECKING:
    from armillary.cli.facts import DryRunFacts, LadderFacts, RungFacts
    from armillary.scaling.analysis import FamilyAnalysis, LadderAnalysis
    from armillary.scaling.ladder import LadderConfig
    from armillary.scaling.ladder.dry_run import Expected


def emit_dry_run(config: LadderConfig, as_json: bool) -> None:
    """Print every rung with its size, data, compute, expected time and memory."""
    from armillary.scaling.ladder import dry_run

    expected = dry_run(config)
    if as_json:
        whole: DryRunFacts = {
            "rungs": [_rung_facts(e) for e in expected.rungs],
            "workers": expected.workers,
            "threads": expected.threads,
            "seconds": expected.seconds,
        }
        emit(whole, True, "")
        return
    table(
        ["rung", "role", "parameters", "tokens", "FLOP", "time", "memory"],
        [
            [
                e.rung.name,
                e.rung.role,
                format_count(e.rung.n_params),
                format_count(e.rung.n_tokens),
                format_flop(e.rung.train_flops),
                format_seconds(e.seconds),
                format_bytes(e.memory_bytes),
            ]
            for e in expected.rungs
        ],
    )
    print(
        f"\n{expected.workers} processes of {expected.threads} threads: "
        f"about {format_seconds(expected.seconds)} (of the held-out models, "
        f"the best {config.held_out.families if config.held_out else 0} will be trained)"
    )


def _rung_facts(expected: Expected) -> RungFacts:
    rung = expected.rung
    return {
        "name": rung.name,
        "family": rung.family,
        "role": rung.role,
        "trunk": rung.trunk,
        "n_params": rung.n_params,
        "n_tokens": rung.n_tokens,
        "train_flops": rung.train_flops,
        "seconds": expected.seconds,
        "memory_bytes": expected.memory_bytes,
    }


def emit_analysis(analysis: LadderAnalysis, folder: Path, as_json: bool, page: Path | None = None) -> None:
    """Print what a ladder says: the laws, the held-out check, who wins, what the winner would cost."""
    if as_json:
        facts: LadderFacts = {"ladder": str(folder), "report": str(page) if page else None}
        emit({**facts, **analysis.to_dict()}, True, "")
        return
    for family in analysis.families:
        print("\n".join(_family(family)))
    if analysis.comparison is not None:
        share = analysis.comparison.win_probability
        print(f"\nat the largest compute trained {analysis.comparison.winner} wins (probability {share:.0%})")
    if analysis.costs:
        table(
            ["size", "parameters", "tokens", "FLOP", "predicted loss", "here", "cheapest"],
            list(_costs(analysis)),
        )
    print(f"\n{page or folder}")


def _family(family: FamilyAnalysis) -> Iterator[str]:
    """Yield lines about one family."""
    if family.fitted is None:
        yield f"\n{family.family}: {family.problem}"
        return
    values = ", ".join(f"{name} {e.value:.4g}" for name, e in family.fitted.parameters.items())
    yield f"\n{family.family}: {family.fitted.formula}   {values}"
    yield f"  back-test: {family.fitted.back_test.verdict}"
    for check in family.checks:
        claim = check.extrapolation
        low, high = claim.interval_90.low, claim.interval_90.high
        held = "held" if check.inside else "did not hold"
        yield (
            f"  {format_count(claim.n_params)} parameters on {format_count(claim.n_tokens)} "
            f"({claim.compute_ratio:.1f} times the compute): "
            f"predicted {claim.loss:.4f} [{low:.4f}, {high:.4f}], "
            f"measured {check.measured:.4f}: {held}, error {check.error:+.2%}"
        )


def _costs(analysis: LadderAnalysis) -> Iterator[list[str]]:
    """Yield a row for each larger model of the winner."""
    for cost in analysis.costs:
        here = next((m for m in cost.machines if m.utilisation is None), None)
        priced = [(m.usd, m.machine) for m in cost.machines if m.usd is not None]
        cheapest = min(priced, key=lambda pair: pair[0].value, default=None)
        yield [
            f"x{cost.scale:g}",
            format_count(cost.n_params),
            format_count(cost.n_tokens.value),
            format_flop(cost.train_flops.value),
            f"{cost.loss.value:.3f} [{cost.loss.interval.low:.3f}, {cost.loss.interval.high:.3f}]",
            format_seconds(here.seconds.value) if here else "",
            f"{format_usd(cheapest[0].value)} ({cheapest[1]})" if cheapest else "",
        ]
