"""The plots that say how far a law can be believed: its back-test, and what it leaves over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from armillary.fitting.law import columns_of
from armillary.reports import numbers
from armillary.reports.axes import (
    MARKERS,
    dress,
    factor_tick,
    flop_tick,
    log_axis,
    name_axes,
    padded,
    percent_tick,
)
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink
from armillary.reports.words import Words
from armillary.scaling.analysis import FamilyAnalysis, LadderAnalysis
from armillary.scaling.laws import LAWS
from armillary.scaling.observations import Observation

Point = tuple[float, float, str, bool]  # x, share, what hovering says, whether it was held out


def residual_plate(analysis: LadderAnalysis, words: Words) -> Plate:
    """Draw how far every run lies from its family's law; without structure, the law is enough."""
    points = [
        [(o.train_flops, residual, o.name, o.role == "held-out") for o, residual in residuals(family)]
        for family in analysis.families
    ]
    reach = padded([o.train_flops for f in analysis.families for o in f.observations], 0.05)

    def draw(canvas: Canvas) -> None:
        axes = _shares(canvas, points)
        log_axis(axes.xaxis, *reach, flop_tick, 5 if canvas.is_narrow else 8)
        name_axes(axes, words("axis.flop"), words("axis.error"))

    alt = words("alt.residuals", families=words.families(analysis.families))
    return plate("residuals", alt, draw, wide_height=260, narrow_height=260)


def residuals(family: FamilyAnalysis) -> list[tuple[Observation, float]]:
    """Return the law's error for every run, predicted over measured loss minus one; empty without a law."""
    if family.fitted is None:
        return []
    kind = LAWS[family.fitted.law]
    law = kind(**{name: estimate.value for name, estimate in family.fitted.parameters.items()})
    predicted = [np.asarray(law(*columns_of(kind, vars(o)))).item() for o in family.observations]
    return [(o, p / o.loss - 1) for o, p in zip(family.observations, predicted, strict=True)]


def back_test_plate(analysis: LadderAnalysis, words: Words) -> Plate | None:
    """Draw the error of every prediction against how far it reached; None when there was none."""
    points = [_predictions(family, words) for family in analysis.families]
    reached = [x for family in points for x, *_ in family]
    if not reached:
        return None
    limits = 1.0, padded([1.0, *reached], 0.08)[1]

    def draw(canvas: Canvas) -> None:
        axes = _shares(canvas, points)
        log_axis(axes.xaxis, *limits, factor_tick, 5 if canvas.is_narrow else 8)
        name_axes(axes, words("axis.reach"), words("axis.error"))

    alt = words("alt.backtest", families=words.families(analysis.families))
    return plate("back-test", alt, draw, wide_height=260, narrow_height=260)


def _predictions(family: FamilyAnalysis, words: Words) -> list[Point]:
    points: list[Point] = []
    for step in family.fitted.back_test.steps if family.fitted else ():
        texts = {"predicted": numbers.loss(step.predicted), "measured": numbers.loss(step.measured)}
        tip = words("tip.held_out", name=words.family(family.family), **texts)
        points.append((step.compute_ratio, step.error, tip, False))
    points += [(c.extrapolation.compute_ratio, c.error, c.name, True) for c in family.checks]
    return points


def _shares(canvas: Canvas, families: Sequence[Sequence[Point]]) -> Axes:
    """Draw signed shares around a zero line, a list of points for each family in order."""
    largest = max((abs(share) for points in families for _, share, *_ in points), default=0.01)
    axes = dress(canvas.figure.add_axes(canvas.box(52, 10, 36, 48)))
    axes.set_ylim(-1.25 * largest, 1.25 * largest)
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(lambda value, _: percent_tick(value))
    axes.axhline(0, color=INK["muted"], lw=0.9)
    for index, points in enumerate(families):
        ink, marker = series_ink(index), MARKERS[index % len(MARKERS)]
        for x, share, what, held_out in points:
            tip = canvas.tip(f"{what}: {numbers.signed_percent(share)}")
            axes.plot([x], [share], marker=marker, ms=6, mew=0, color=ink, ls="", alpha=0.9, gid=tip)
            if held_out:
                axes.plot([x], [share], marker="o", ms=12, mew=1.6, mfc="none", mec=INK["ink"], ls="")
    return axes
