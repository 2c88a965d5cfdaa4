"""The plots that say how far a law can be believed: its back-test, and what it leaves over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from armillary.fitting.uncertainty import Interval
from armillary.reports import numbers
from armillary.reports.axes import (
    CROWD,
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
from armillary.scaling.analysis import FamilyAnalysis, FitsAnalysis
from armillary.scaling.observations import Observation


class Point(NamedTuple):
    """A signed share at an amount: an error, or what a law leaves over."""

    x: float
    share: float
    what: str  # that hovering says
    held_out: bool = False
    span: tuple[float, float] | None = None  # the prediction's 90% interval, over the measured loss minus one


def residual_plate(analysis: FitsAnalysis, words: Words) -> Plate:
    """Draw how far every run lies from its family's law; without structure, the law is enough."""
    points = [
        [Point(o.train_flops, residual, o.name, o.role == "held-out") for o, residual in residuals(family)]
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
    return [(o, loss / o.loss - 1) for o, loss in zip(family.observations, family.expected, strict=True)]


def back_test_plate(analysis: FitsAnalysis, words: Words) -> Plate | None:
    """Draw the error and interval of every prediction against its reach; None when there was none."""
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
        points.append(Point(step.compute_ratio, step.error, tip, span=_over(step.interval, step.measured)))
    for check in family.checks:
        claim = check.extrapolation
        span = _over(claim.interval_90, check.measured)
        points.append(Point(claim.compute_ratio, check.error, check.name, True, span))
    return points


def _over(interval: Interval, measured: float) -> tuple[float, float]:
    return interval.low / measured - 1, interval.high / measured - 1


def _shares(canvas: Canvas, families: Sequence[Sequence[Point]]) -> Axes:
    """Draw signed shares around a zero line, a list of points for each family in order."""
    ends = [end for points in families for p in points for end in (p.share, *(p.span or ()))]
    largest = max(map(abs, ends), default=0.01)
    axes = dress(canvas.figure.add_axes(canvas.box(52, 10, 36, 48)))
    axes.set_ylim(-1.25 * largest, 1.25 * largest)
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(lambda value, _: percent_tick(value))
    axes.axhline(0, color=INK["muted"], lw=0.9)
    for index, points in enumerate(families):
        for p in points:
            if p.span:
                axes.plot([p.x, p.x], p.span, color=series_ink(index), lw=1.2, alpha=0.3)
        _marks(canvas, axes, points, index)
    return axes


def _marks(canvas: Canvas, axes: Axes, points: Sequence[Point], index: int) -> None:
    """Draw the points of a family; a crowd of them smaller, and silent, but for those held out."""
    ink, marker = series_ink(index), MARKERS[index % len(MARKERS)]
    if len(points) > CROWD:
        x, y = [p.x for p in points], [p.share for p in points]
        axes.plot(x, y, marker=marker, ms=4, mew=0, color=ink, ls="", alpha=0.7)
        points = [p for p in points if p.held_out]
    for p in points:
        tip = canvas.tip(f"{p.what}: {numbers.signed_percent(p.share)}")
        axes.plot([p.x], [p.share], marker=marker, ms=6, mew=0, color=ink, ls="", alpha=0.9, gid=tip)
        if p.held_out:
            axes.plot([p.x], [p.share], marker="o", ms=12, mew=1.6, mfc="none", mec=INK["ink"], ls="")
