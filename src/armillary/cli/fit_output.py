"""What ``fit`` and ``extrapolate`` print: the law, how sure it is, what it says of a larger model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from armillary.cli.output import emit, table
from armillary.core.units import format_count, format_flop

if TYPE_CHECKING:
    from armillary.scaling.extrapolation import Extrapolation
    from armillary.scaling.family import FamilyFit
    from armillary.scaling.observations import Observations


def emit_fits(
    fits: Mapping[str, FamilyFit],
    problems: Mapping[str, str],
    observations: Observations,
    out: Path | None,
    as_json: bool,
) -> None:
    """Print every family's law with its certificate and back-test, and what was not used and why."""
    if as_json:
        families = [fit_facts(fit) for fit in fits.values()]
        dropped = [asdict(row) for row in observations.dropped]
        facts = {"families": families, "problems": problems, "dropped": dropped}
        emit(facts | {"assumptions": observations.assumptions, "out": out and str(out)}, True, "")
        return
    for fit in fits.values():
        _print_fit(fit)
    for family, problem in problems.items():
        print(f"{family}: {problem}\n")
    for line in (*_dropped_lines(observations), *observations.assumptions):
        print(line)
    if out is not None:
        print(f"{out}")


def fit_facts(fit: FamilyFit) -> dict[str, Any]:
    """Return a fit as plain values under stable names."""
    intervals = fit.draws.parameter_intervals()
    return {
        "family": fit.family,
        "law": fit.law.name,
        "formula": fit.law.formula,
        "citation": fit.law.citation,
        "method": fit.method,
        "n_observations": len(fit.observations),
        "parameters": {
            name: {"value": value, "low": intervals[name].low, "high": intervals[name].high}
            for name, value in fit.law.to_dict().items()
        },
        "noise": fit.noise,
        "certificate": asdict(fit.certificate),
        "back_test": asdict(fit.back_test),
        "alternatives": [asdict(test) for test in fit.alternatives],
    }


def _print_fit(fit: FamilyFit) -> None:
    print(f"{fit.family or 'all runs'}: {fit.law.formula}   ({len(fit.observations)} runs; {fit.method})")
    intervals = fit.draws.parameter_intervals()
    rows = [
        [name, f"{value:.6g}", f"{intervals[name].low:.4g} to {intervals[name].high:.4g}"]
        for name, value in fit.law.to_dict().items()
    ]
    table(["parameter", "value", "90% interval"], rows)
    found = fit.certificate
    print(
        f"optimum {found.value:.6g}: reached by {found.share_at_optimum:.0%} of {found.n_starts} starts, "
        f"gradient {found.gradient_norm:.1g}; a run strays {fit.noise:.2%} from the law"
    )
    print(f"back-test: {fit.back_test.verdict}")
    for test in fit.alternatives:
        print(f"instead of: {test.verdict}")
    print()


def _dropped_lines(observations: Observations) -> list[str]:
    """Return one line for each reason that rows were dropped for."""
    reasons = Counter(row.reason for row in observations.dropped)
    first = {row.reason: row.row for row in reversed(observations.dropped)}
    return [
        f"not used: {count} row{'s' * (count > 1)} ({first[reason]}{' and others' * (count > 1)}): {reason}"
        for reason, count in reasons.items()
    ]


def extrapolation_text(prediction: Extrapolation) -> str:
    """Return a prediction as lines for a reader."""
    half, most = prediction.interval_50, prediction.interval_90
    lines = [
        f"{format_count(prediction.n_params)} parameters on {format_count(prediction.n_tokens)} tokens, "
        f"{format_flop(prediction.train_flops)} FLOP "
        f"({prediction.compute_ratio:.3g} times the largest that was fitted)",
        f"loss {prediction.loss:.4g}   50% interval {half.low:.4g} to {half.high:.4g}   "
        f"90% interval {most.low:.4g} to {most.high:.4g}",
    ]
    if not prediction.supported:
        lines.append(f"not supported: {prediction.advice}")
    return "\n".join(lines)
