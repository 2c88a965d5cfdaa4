"""Extrapolating learning curves: the automatic choice against every law alone, on points held out.

python -m benchmarks learning-curves --data curves.csv [--data more.csv] [--prior-from other.csv]

A table has one row per point, with a column (``training``) that is 0 for held-out points; the error of a
curve is the root mean square of ln(predicted / measured) over them.  ``--rolling K`` asks instead for the
last K half-doublings of the given points from what comes before them, and never looks at what is held out.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from armillary.core.errors import FitError
from armillary.scaling.curves.blend import TYPICAL_ERROR, CurveFit, fit_curve, typical_errors
from armillary.scaling.curves.checks import CurveCheck, check_curve
from armillary.scaling.curves.curve import Curve
from armillary.scaling.curves.reading import read_curves
from armillary.scaling.tables import parse_columns

PUBLISHED = ["x=Seen Examples", "y=Loss", "curve=Domain,Task,Model"]  # columns of Alabdulmohsin et al. 2022
COLUMNS = ("x", "y", "curve", "training")


@dataclass(frozen=True)
class Score:
    """One table's curves, extrapolated."""

    name: str
    fits: tuple[CurveFit, ...]
    checks: tuple[CurveCheck, ...]
    seconds: float  # for all curves

    def markdown(self) -> str:
        """Return the errors as a table: every law alone, the best law of each curve, the blend."""
        alone = self._alone()
        means = {law: float(np.mean(errors)) for law, errors in alone.items()}
        hindsight = float(np.mean(np.min(list(alone.values()), axis=0)))
        blend = float(np.mean([check.rmsle for check in self.checks]))
        lines = [f"### {self.name}: {len(self.fits)} curves, {self.seconds / len(self.fits):.2f} s each\n"]
        lines += ["| | mean error |", "|---|---:|"]
        lines += [f"| {law} | {error:.4f} |" for law, error in means.items()]
        lines += [
            f"| best single law ({min(means, key=lambda law: means[law])}) | {min(means.values()):.4f} |",
            f"| each curve's best law, with hindsight | {hindsight:.4f} |",
            f"| **automatic** | **{blend:.4f}** |",
            f"\nheld-out points inside the 50% interval {self._inside('coverage_50')}, "
            f"inside the 90% interval {self._inside('coverage_90')} (mean over curves)",
        ]
        return "\n".join(lines) + "\n"

    def _alone(self) -> dict[str, list[float]]:
        """Return each law's error on each curve, without the blend's correction."""
        errors: dict[str, list[float]] = {}
        for fit in self.fits:
            x, measured = fit.curve.held_out_x, np.log(fit.curve.held_out_y)
            for record in sorted(fit.records, key=lambda record: record.name):
                off = record.heights(x) - (-measured if fit.rising else measured)
                errors.setdefault(record.name, []).append(float(np.sqrt(np.mean(off**2))))
        return errors

    def _inside(self, name: str) -> str:
        return f"{np.mean([getattr(check, name) for check in self.checks]):.0%}"


@dataclass(frozen=True)
class Scores:
    """All tables'."""

    scores: tuple[Score, ...]

    def markdown(self) -> str:
        """Return them one under another."""
        return "\n".join(score.markdown() for score in self.scores)


def main(options: Sequence[str]) -> Scores:
    """Score the tables named by the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks learning-curves")
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--columns", action="append", metavar="OURS=THEIRS", default=None)
    parser.add_argument("--prior-from", type=Path, help="learn the prior over laws from this table instead")
    parser.add_argument("--rolling", type=int, default=0, metavar="K")
    asked = parser.parse_args(options)
    columns = parse_columns(asked.columns or PUBLISHED, COLUMNS)
    prior: Mapping[str, float] = TYPICAL_ERROR
    if asked.prior_from is not None:
        prior = typical_errors(_fits(read_curves(asked.prior_from, columns), TYPICAL_ERROR, n_draws=1))
        print(f"prior: {prior}", file=sys.stderr)
    return Scores(tuple(_score(path, columns, prior, asked.rolling) for path in asked.data))


def _score(path: Path, columns: Mapping[str, str], prior: Mapping[str, float], rolling: int) -> Score:
    curves = read_curves(path, columns)
    if rolling:
        curves = tuple(curve for curve in (_earlier(curve, rolling) for curve in curves) if len(curve) > 4)
    start = time.perf_counter()
    fits = _fits([curve for curve in curves if len(curve.held_out_x)], prior)
    seconds = time.perf_counter() - start
    checks = tuple(check for fit in fits if (check := check_curve(fit)) is not None)
    return Score(path.stem + (f", {rolling} half-doublings earlier" * bool(rolling)), fits, checks, seconds)


def _fits(curves: Sequence[Curve], prior: Mapping[str, float], n_draws: int = 48) -> tuple[CurveFit, ...]:
    fits = []
    for curve in curves:
        try:
            fits.append(fit_curve(curve, n_draws=n_draws, typical=prior))
        except FitError as error:
            print(f"{curve.name}: {error}", file=sys.stderr)
    return tuple(fits)


def _earlier(curve: Curve, rolling: int) -> Curve:
    """Return the curve as it was some half-doublings of x ago; the next doubling is held out."""
    last = curve.x[-1] * 2 ** (-rolling / 2) * 1.0001
    known, asked = curve.x <= last, (curve.x > last) & (curve.x <= 2 * last)
    return replace(
        curve, x=curve.x[known], y=curve.y[known], held_out_x=curve.x[asked], held_out_y=curve.y[asked]
    )
