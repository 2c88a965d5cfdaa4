"""The plots of fitted laws: loss against compute with its bands, and which family wins where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from armillary.reports import numbers
from armillary.reports.axes import (
    CROWD,
    MARKERS,
    SMALL,
    dress,
    ends_of,
    flop_tick,
    label_ends,
    log_axis,
    name_axes,
    number_tick,
    padded,
    with_room_below,
)
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink
from armillary.reports.verdict import largest_fitted, leader, shown_standings
from armillary.reports.words import Words
from armillary.scaling.analysis import BandPoint, FamilyAnalysis, FitsAnalysis
from armillary.scaling.extrapolation import HeldOutCheck
from armillary.scaling.observations import Observation


def fitted(family: FamilyAnalysis) -> list[Observation]:
    """Return the observations that the family's law was fitted to."""
    return [o for o in family.observations if o.role == "fit"]


def law_plate(analysis: FitsAnalysis, words: Words, beyond: float = 1.0) -> Plate:
    """Draw loss against compute: every run, each family's law with its bands, the models held out.

    The axis ends ``beyond`` times the largest compute of any run.
    """
    compute = [o.train_flops for f in analysis.families for o in f.observations]
    x_limits = padded([*compute, beyond * max(compute)], 0.05)
    heights = _law_heights(analysis, x_limits[1])
    subject = leader(analysis)

    def draw(canvas: Canvas) -> None:
        right = 84 if canvas.is_narrow else 96
        axes = dress(canvas.figure.add_axes(canvas.box(36, right, 36, 48)))
        log_axis(axes.xaxis, *x_limits, flop_tick, 4 if canvas.is_narrow else 8)
        room = (80 if subject.checks else 20) / axes.bbox.height
        log_axis(axes.yaxis, *with_room_below(heights, room), number_tick)
        for index, family in enumerate(analysis.families):
            _law(axes, family, index, x_limits[1])
            _points(canvas, axes, fitted(family), index, words)
        for index, family in enumerate(analysis.families):
            for check in family.checks:
                _held_out(canvas, axes, check, index, words)
        if subject.checks:
            _say(axes, subject.checks[-1], words)
        _label_families(axes, analysis, x_limits[1], words)
        name_axes(axes, words("axis.flop"), words.loss_axis(analysis.unit))

    alt = words("alt.law", families=words.families(analysis.families))
    return plate("law", alt, draw, wide_height=500, narrow_height=420)


def _law_heights(analysis: FitsAnalysis, x_high: float) -> tuple[float, float]:
    """Return the lowest and the highest of all runs, bands and intervals."""
    values = [o.loss for f in analysis.families for o in f.observations]
    for family in analysis.families:
        values += [end for p in _drawn(family, x_high) for end in (p.interval_90.low, p.loss)]
        values += [c.extrapolation.interval_90.low for c in family.checks]
    return min(values), max(values)


def _law(axes: Axes, family: FamilyAnalysis, index: int, x_high: float) -> None:
    """Draw a law and its band, dashed beyond the data; one that failed its back-test ends with the data."""
    band, ink = _drawn(family, x_high), series_ink(index)
    if not band:
        return
    x, y = [p.train_flops for p in band], [p.loss for p in band]
    for spans in ([p.interval_90 for p in band], [p.interval_50 for p in band]):
        axes.fill_between(x, *ends_of(spans), color=ink, alpha=0.13, linewidth=0)
    solid = sum(p.train_flops <= _largest(family) for p in band)
    axes.plot(x[:solid], y[:solid], color=ink, lw=1.8)
    axes.plot(x[max(solid - 1, 0) :], y[max(solid - 1, 0) :], color=ink, lw=1.8, ls=(0, (4, 3)))


def _drawn(family: FamilyAnalysis, x_high: float) -> list[BandPoint]:
    """Return the part of a law's band to show: up to ``x_high``, past the data only if it passed."""
    if family.fitted is None:
        return []
    end = x_high if family.fitted.back_test.passed else min(x_high, _largest(family))
    return [p for p in family.fitted.band if p.train_flops <= end * (1 + 1e-9)]


def _largest(family: FamilyAnalysis) -> float:
    return max(o.train_flops for o in fitted(family))


def _points(
    canvas: Canvas, axes: Axes, observations: Sequence[Observation], index: int, words: Words
) -> None:
    """Draw runs as filled marks; a hair joins those of one size.  A crowd is drawn smaller, and silent."""
    ink, marker = series_ink(index), MARKERS[index % len(MARKERS)]
    if len(observations) > CROWD:
        x, y = [o.train_flops for o in observations], [o.loss for o in observations]
        axes.plot(x, y, marker=marker, ms=4, color=ink, mew=0, ls="", alpha=0.6)
        return
    for size in sorted({o.n_params for o in observations}):
        same = sorted((o for o in observations if o.n_params == size), key=lambda o: o.train_flops)
        axes.plot([o.train_flops for o in same], [o.loss for o in same], color=ink, lw=0.8, alpha=0.4)
    for o in observations:
        tip = canvas.tip(run_tip(o, words))
        axes.plot([o.train_flops], [o.loss], marker=marker, ms=6.5, color=ink, mew=0, ls="", gid=tip)


def run_tip(row: Observation, words: Words) -> str:
    """Return what hovering over a trained run says."""
    params, tokens = numbers.count(row.n_params), numbers.count(row.n_tokens)
    return words("tip.run", name=row.name, params=params, tokens=tokens, loss=numbers.loss(row.loss))


def _held_out(canvas: Canvas, axes: Axes, check: HeldOutCheck, index: int, words: Words) -> None:
    """Draw the prediction as a bar over its 90% interval, what was measured as a ring."""
    claim, ink = check.extrapolation, series_ink(index)
    predicted, measured = numbers.loss(claim.loss), numbers.loss(check.measured)
    tip = canvas.tip(words("tip.held_out", name=check.name, predicted=predicted, measured=measured))
    x, span = claim.train_flops, claim.interval_90
    axes.plot([x, x], [span.low, span.high], color=ink, lw=1.6)
    axes.plot([x, x], [span.low, span.high], marker="_", ms=18, mew=1.6, color=ink, ls="")
    axes.plot([x], [check.measured], marker="o", ms=10, mew=2, mfc="none", mec=INK["ink"], ls="", gid=tip)


def _say(axes: Axes, check: HeldOutCheck, words: Words) -> None:
    """Write the numbers of a model held out on the floor of the axes, below all curves, and point to it."""
    claim = check.extrapolation
    predicted, measured = numbers.loss(claim.loss), numbers.loss(check.measured)
    lines = words("law.note", predicted=predicted, measured=measured).split("\n")
    x, low = axes.transData.transform((claim.train_flops, claim.interval_90.low))
    left, floor = x - 132, axes.bbox.y0 + 8
    for row, line in enumerate(reversed(lines)):
        place = (left, floor + 17 * row)
        axes.annotate(line, place, xycoords="figure pixels", fontsize=SMALL, color=INK["ink"])
    axes.annotate(
        "",
        (x - 2, low - 4),
        xytext=(left + 96, floor + 17 * (len(lines) - 1) + 4),
        xycoords="figure pixels",
        textcoords="figure pixels",
        arrowprops={"arrowstyle": "-", "color": INK["muted"], "lw": 0.8},
    )


def _label_families(axes: Axes, analysis: FitsAnalysis, x_high: float, words: Words) -> None:
    """Write each family's name where its law, or without one its last run, ends."""
    ends = []
    for index, family in enumerate(analysis.families):
        curve: Sequence[BandPoint | Observation] = _drawn(family, x_high) or family.observations
        if curve:
            name = words.family(family.family)
            ends.append((curve[-1].train_flops, curve[-1].loss, name, series_ink(index)))
    label_ends(axes, ends)


def winner_plate(analysis: FitsAnalysis, words: Words) -> Plate:
    """Draw each family's probability to have the lowest loss, stacked, along compute."""
    standings = shown_standings(analysis)
    families = [f.family for f in analysis.families if f.family in standings[0].win_probability]
    index = {f.family: i for i, f in enumerate(analysis.families)}
    x = [s.train_flops for s in standings]

    def draw(canvas: Canvas) -> None:
        axes = dress(canvas.figure.add_axes(canvas.box(46, 10, 36, 48)))
        axes.grid(visible=False)
        log_axis(axes.xaxis, x[0], x[-1], flop_tick, 5 if canvas.is_narrow else 9)
        axes.set_ylim(0, 1)
        axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
        floor = np.zeros(len(x))
        for family in families:
            share = np.array([s.win_probability[family] for s in standings])
            ink = series_ink(index[family])
            axes.fill_between(x, floor, floor + share, color=ink, alpha=0.22, linewidth=0)
            axes.plot(x, floor + share, color=ink, lw=1.2)
            _label_area(canvas, axes, x, floor, share, words.family(family), ink)
            floor = floor + share
        if x[-1] > 1.01 * largest_fitted(analysis):
            _mark_fitted(axes, largest_fitted(analysis), words)
        name_axes(axes, words("axis.flop"), words("axis.win"))

    alt = words("alt.winner", families=words.families(analysis.families))
    return plate("winner", alt, draw, wide_height=250, narrow_height=260)


def _label_area(
    canvas: Canvas,
    axes: Axes,
    x: Sequence[float],
    floor: np.ndarray,
    share: np.ndarray,
    name: str,
    ink: str,
) -> None:
    """Write a family's name where its area is thickest, when there it is thick enough to hold it."""
    where = np.log(np.asarray(x))
    thick = np.flatnonzero(share >= 0.9 * share.max())
    middle = int(thick[np.argmin(np.abs(where[thick] - where[thick].mean()))])
    if share[middle] < 0.14:
        return
    half = 0.5 * 8.5 * len(name) / (canvas.width - 56)  # share of the width that the name needs, halved
    at = (where[middle] - where[0]) / (where[-1] - where[0])
    at = min(max(at, half + 0.01), 1 - half - 0.01)
    axes.text(
        at,
        floor[middle] + share[middle] / 2,
        name,
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=12,
        fontweight="bold",
        color=ink,
    )


def _mark_fitted(axes: Axes, largest: float, words: Words) -> None:
    """Draw a line at the largest compute that was fitted; right of it all is extrapolation."""
    axes.axvline(largest, color=INK["muted"], lw=0.9, ls=(0, (2, 2)))
    for text, side, shift in ((words("axis.fitted"), "right", -6), (words("axis.extrapolated"), "left", 6)):
        axes.annotate(
            text,
            (largest, 0.93),
            xycoords=("data", "axes fraction"),
            xytext=(shift, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=SMALL,
            color=INK["muted"],
        )
