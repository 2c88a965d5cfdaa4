"""What ``fit`` and ``extrapolate`` print: the law, how sure it is, what it says of a larger model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from armillary.cli.output import emit, table
from armillary.cli.sensitivity_output import print_sensitivity
from armillary.core.units import format_count, format_flop

if TYPE_CHECKING:
    from armillary.cli.facts import FamilyFacts, FitFacts, MemberFacts
    from armillary.scaling.extrapolation import Extrapolation
    from armillary.scaling.family import FamilyFit, Member
    from armillary.scaling.observations import Observations
    from armillary.scaling.sensitivity import Sensitivity


class RunOptions(NamedTuple):
    """Options of ``armillary fit`` that only laws over trained runs have, as they were given."""

    objective: str | None
    draws: int | None
    intervals: str | None
    level: float | None
    drop_highest: int
    sensitivity: bool


def fit_runs(
    subject: Path,
    columns: Mapping[str, str],
    law: str | None,
    asked: RunOptions,
    out: Path | None,
    as_json: bool,
) -> None:
    """Fit every family of runs, save the fits to ``out`` and print them.  FitError when there is none."""
    from armillary.core.errors import FitError
    from armillary.fitting.method import intervals_named
    from armillary.fitting.objective import objective_named
    from armillary.fitting.uncertainty import LEVEL
    from armillary.scaling.family import N_DRAWS, fit_families
    from armillary.scaling.fit_file import save_fits
    from armillary.scaling.reading import read_observations
    from armillary.scaling.sensitivity import sensitivity

    observations = read_observations(subject, columns).without_highest(asked.drop_highest)
    objective = objective_named(asked.objective) if asked.objective else None
    kind = intervals_named(asked.intervals) if asked.intervals else None
    fits, problems = fit_families(
        observations, law, objective, asked.draws or N_DRAWS, kind, asked.level or LEVEL
    )
    if not fits:
        raise FitError(no_fit(subject, problems, observations))
    if out is not None:
        save_fits(list(fits.values()), out, observations)
    checks = {name: sensitivity(found, objective) for name, found in fits.items() if asked.sensitivity}
    emit_fits(fits, problems, observations, out, as_json, checks)


def emit_fits(
    fits: Mapping[str, FamilyFit],
    problems: Mapping[str, str],
    observations: Observations,
    out: Path | None,
    as_json: bool,
    sensitivities: Mapping[str, Sensitivity],
) -> None:
    """Print every family's law with its certificate and back-test, and what was not used and why."""
    if as_json:
        families = [fit_facts(fit, sensitivities.get(family)) for family, fit in fits.items()]
        dropped = [asdict(row) for row in observations.dropped]
        facts: FitFacts = {
            "families": families,
            "problems": dict(problems),
            "dropped": dropped,
            "assumptions": list(observations.assumptions),
            "out": str(out) if out else None,
        }
        emit(facts, True, "")
        return
    for family, fit in fits.items():
        _print_fit(fit)
        if family in sensitivities:
            print_sensitivity(sensitivities[family])
    for family, problem in problems.items():
        print(f"{family}: {problem}\n")
    for line in (*_dropped_lines(observations), *observations.assumptions):
        print(line)
    if out is not None:
        print(f"{out}")


def no_fit(subject: Path, problems: Mapping[str, str], observations: Observations) -> str:
    """Return why nothing could be fitted, and how many rows were not used."""
    told = "; ".join(f"{family or subject}: {problem}" for family, problem in problems.items())
    if not observations.dropped:
        return told
    first, n = observations.dropped[0], len(observations.dropped)
    return f"{told}; not used: {n} row{'s' * (n > 1)}, the first: {first.row} {first.reason}"


def fit_facts(fit: FamilyFit, sensitivity: Sensitivity | None = None) -> FamilyFacts:
    """Return a fit as plain values under stable names.

    ``law``, ``parameters`` and ``back_test`` are of what predicts: of a blend, its parameters are called
    ``law.parameter``.  ``laws`` has one entry for each law that has weight, the heaviest first.  An end of
    an interval that the runs do not determine is null.
    """
    return {
        "family": fit.family,
        "law": fit.law.name,
        "formula": fit.law.formula,
        "citation": fit.law.citation,
        "method": fit.method,
        "n_observations": len(fit.observations),
        "parameters": {name: asdict(estimate) for name, estimate in fit.parameters().items()},
        "noise": fit.noise,
        "certificate": asdict(fit.certificate),
        "laws": [_member_facts(member) for member in fit.members],
        "back_test": asdict(fit.back_test),
        "alternatives": [asdict(test) for test in fit.alternatives],
        "sensitivity": asdict(sensitivity) if sensitivity else None,
    }


def _member_facts(member: Member) -> MemberFacts:
    return {
        "law": member.law.name,
        "weight": member.weight,
        "formula": member.law.formula,
        "citation": member.law.citation,
        "method": member.method,
        "intervals_by": member.intervals_by,
        "parameters": {
            name: {"value": value, "interval": asdict(member.intervals[name])}
            for name, value in member.law.to_dict().items()
        },
        "noise": member.noise,
        "certificate": asdict(member.certificate),
        "back_test": asdict(member.back_test),
    }


def _print_fit(fit: FamilyFit) -> None:
    print(f"{fit.family or 'all runs'}: {fit.law.name}   ({len(fit.observations)} runs)")
    for member in fit.members:
        _print_member(member)
    print(f"back-test: {fit.back_test.verdict}")
    if len(fit.members) > 1:
        for member in fit.members:
            print(f"weight {member.weight:.2f}: {member.back_test.verdict}")
    for test in fit.alternatives:
        print(f"weight 0: {test.verdict}")
    print()


def _print_member(member: Member) -> None:
    print(f"{member.law.formula}   ({member.method})")
    level = next(iter(member.intervals.values())).level
    rows = [
        [name, f"{value:.6g}", f"{member.intervals[name].low:.4g} to {member.intervals[name].high:.4g}"]
        for name, value in member.law.to_dict().items()
    ]
    table(["parameter", "value", f"{100 * level:.4g}% interval ({member.intervals_by})"], rows)
    found = member.certificate
    print(
        f"optimum {found.value:.9g}: reached by {found.share_at_optimum:.0%} of {found.n_starts} starts, "
        f"gradient {found.gradient_norm:.1g}; a run strays {member.noise:.2%} from the law"
    )


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
    from armillary.fitting.conformal import least_runs

    half, most = prediction.interval_50, prediction.interval_90
    conformal = prediction.conformal_90
    unique = prediction.n_unique_tokens
    repeats = f" ({format_count(unique)} unique)" if unique < prediction.n_tokens else ""
    lines = [
        f"{format_count(prediction.n_params)} parameters on {format_count(prediction.n_tokens)} tokens"
        f"{repeats}, "
        f"{format_flop(prediction.train_flops)} FLOP "
        f"({prediction.compute_ratio:.3g} times the largest that was fitted)",
        f"loss {prediction.loss:.4g}   50% interval {half.low:.4g} to {half.high:.4g}   "
        f"90% interval {most.low:.4g} to {most.high:.4g}",
    ]
    lines.append(
        f"from the back-test's errors: 90% conformal interval {conformal.low:.4g} to {conformal.high:.4g}"
        if conformal
        else f"no conformal interval: for 90% the back-test has to hold out {least_runs()} different runs"
    )
    if not prediction.supported:
        lines.append(f"not supported: {prediction.advice}")
    return "\n".join(lines)
