"""What ``fit`` and ``extrapolate`` do with one-dimensional curves, and what they print of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from armillary.cli.output import emit, table

if TYPE_CHECKING:
    from armillary.cli.facts import CurveFacts, CurvesFacts
    from armillary.cli.fit_output import RunOptions
    from armillary.scaling.curves.blend import CurveFit
    from armillary.scaling.curves.curve import Curve
    from armillary.scaling.curves.extrapolation import CurveExtrapolation

SHOWN_WEIGHT = 0.005  # of a law, below which a table leaves it out of the blend's line


def fit_curves(
    path: Path, columns: Mapping[str, str], law: str | None, out: Path | None, as_json: bool
) -> None:
    """Fit every curve of a table, save the fits to ``out`` and print them.

    FitError when no curve can be fitted.
    """
    from armillary.core.errors import FitError
    from armillary.scaling.curves.blend import fit_curve
    from armillary.scaling.curves.curve_file import save_curve_fits
    from armillary.scaling.curves.reading import read_curves

    curves = read_curves(path, columns)
    fits: list[CurveFit] = []
    problems: dict[str, str] = {}
    for curve in curves:
        try:
            fits.append(fit_curve(curve, [law] if law else None))
        except FitError as error:
            problems[curve.name] = str(error)
    if not fits:
        raise FitError("; ".join(f"{name or path}: {problem}" for name, problem in problems.items()))
    if out is not None:
        save_curve_fits(fits, out)
    if as_json:
        emit(_facts(curves, fits, problems, out), True, "")
    else:
        _print(curves, fits, problems, out)


def refuse_for_curves(asked: RunOptions) -> None:
    """Raise RequestError when an option was given that curves have no use for."""
    from armillary.core.errors import RequestError

    given = [f"--{name.replace('_', '-')}" for name, value in asked._asdict().items() if value]
    if given:
        raise RequestError(
            f"{', '.join(given)} is for laws over trained runs; a table of x and y takes --law and --out"
        )


def extrapolate_curves(path: Path, x: str | None, curve: str | None, as_json: bool) -> None:
    """Predict one curve of a file of fits at ``x`` and print it.  RequestError without x."""
    from armillary.core.errors import RequestError
    from armillary.core.units import parse_count
    from armillary.scaling.curves.curve_file import choose_curve, load_curve_fits
    from armillary.scaling.curves.extrapolation import extrapolate_curve

    fit = choose_curve(load_curve_fits(path), curve)
    if x is None:
        raise RequestError(f"{path} holds curves of x; say where to predict one with --x, such as --x 1e9")
    prediction = extrapolate_curve(fit, parse_count(x))
    emit(asdict(prediction), as_json, _prediction_text(prediction))


def _facts(
    curves: Sequence[Curve], fits: Sequence[CurveFit], problems: Mapping[str, str], out: Path | None
) -> CurvesFacts:
    return {
        "curves": [_fit_facts(fit) for fit in fits],
        "problems": dict(problems),
        "dropped": [
            {"curve": curve.name, "row": row.row, "reason": row.reason}
            for curve in curves
            for row in curve.dropped
        ],
        "out": str(out) if out else None,
    }


def _fit_facts(fit: CurveFit) -> CurveFacts:
    from armillary.scaling.curves.checks import check_curve

    check = check_curve(fit)
    return {
        "curve": fit.curve.name,
        "n_points": len(fit.curve),
        "last_x": fit.last_x,
        "rising": fit.rising,
        "noise": fit.noise,
        "back_test": asdict(fit.record),
        "laws": [
            {
                "law": record.name,
                "formula": record.law.formula,
                "parameters": record.law.to_dict(),
                "weight": record.weight,
                "rmsle": record.rmsle,
            }
            for record in fit.records
        ],
        "held_out": asdict(check) if check else None,
    }


def _print(
    curves: Sequence[Curve], fits: Sequence[CurveFit], problems: Mapping[str, str], out: Path | None
) -> None:
    for fit in fits:
        _print_fit(fit)
    for name, problem in problems.items():
        print(f"{name or 'the curve'}: {problem}\n")
    reasons = Counter(row.reason for curve in curves for row in curve.dropped)
    for reason, count in reasons.items():
        print(f"not used as it stands: {count} row{'s' * (count > 1)}: {reason}")
    if out is not None:
        print(f"{out}")


def _print_fit(fit: CurveFit) -> None:
    from armillary.scaling.curves.checks import check_curve

    of = "   laws are of 1 / y, which falls" * fit.rising
    print(f"{fit.curve.name or 'curve'}: {len(fit.curve)} points up to x = {fit.last_x:.4g}{of}")
    table(
        ["law", "weight", "back-test error", "formula"],
        [
            [
                record.name,
                f"{record.weight:.0%}",
                "" if record.rmsle is None else f"{record.rmsle:.2%}",
                record.law.formula,
            ]
            for record in fit.records
        ],
    )
    record = fit.record
    if record.rmsle is None:
        print("blend: the curve is too short for a back-test; the weights are what laws usually deserve")
    else:
        print(
            f"blend: {record.n_cuts} back-tests up to twice the x they knew, error {record.rmsle:.2%}; "
            f"{-record.correction:+.2%} corrected, intervals stretched {record.widen:.2f} times"
        )
    check = check_curve(fit)
    if check is not None:
        print(
            f"held out: {check.n_points} points predicted with an error of {check.rmsle:.2%}, "
            f"{check.coverage_50:.0%} inside the 50% interval, {check.coverage_90:.0%} inside the 90%"
        )
    print()


def _prediction_text(prediction: CurveExtrapolation) -> str:
    half, most = prediction.interval_50, prediction.interval_90
    laws = ", ".join(
        f"{name} {prediction.by_law[name]:.4g} ({weight:.0%})"
        for name, weight in prediction.weights.items()
        if weight >= SHOWN_WEIGHT
    )
    lines = [
        f"{prediction.curve or 'curve'} at x = {prediction.x:.4g} ({prediction.x_ratio:.3g} times the last)",
        f"y {prediction.value:.4g}   50% interval {half.low:.4g} to {half.high:.4g}   "
        f"90% interval {most.low:.4g} to {most.high:.4g}",
        f"by law: {laws}",
    ]
    if not prediction.supported:
        lines.append(f"not supported: {prediction.advice}")
    return "\n".join(lines)
