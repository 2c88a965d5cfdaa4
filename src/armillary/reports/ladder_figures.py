"""The plots of a ladder alone: how every run learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from armillary.reports.axes import (
    MARKERS,
    SMALL,
    count_tick,
    dress,
    flop_tick,
    log_axis,
    name_axes,
    number_tick,
    padded,
    thin,
    with_room_below,
)
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink
from armillary.reports.words import Words
from armillary.scaling.analysis import LadderAnalysis, TrainingCurve


def curves_plate(analysis: LadderAnalysis, words: Words) -> Plate:
    """Draw the validation loss of every run along its compute: one panel a family, the others behind."""
    shown = [f for f in analysis.families if any(c.family == f.family for c in analysis.curves)]
    reach = [x for c in analysis.curves for x in c.train_flops]
    limits = padded(reach, 0.04), with_room_below([y for c in analysis.curves for y in c.loss], 0.1)
    size = {o.name: o.n_params for f in analysis.families for o in f.observations}

    def draw(canvas: Canvas) -> None:
        n = len(shown)
        left, gap = 46.0, 22.0
        for place, family in enumerate(shown):
            if canvas.is_narrow:
                band = canvas.height / n
                box = canvas.box(left, 10, 36 + place * band, 48 + (n - 1 - place) * band)
            else:
                width = (canvas.width - left - 10 - (n - 1) * gap) / n
                start = left + place * (width + gap)
                box = canvas.box(start, canvas.width - start - width, 36, 48)
            axes = dress(canvas.figure.add_axes(box))
            log_axis(axes.xaxis, *limits[0], flop_tick, 4)
            log_axis(axes.yaxis, *limits[1], number_tick, 6)
            if place and not canvas.is_narrow:
                axes.tick_params(axis="y", labelleft=False)
            _curves(axes, analysis, family.family, size)
            name_axes(axes, words("axis.flop") if place == n - 1 or canvas.is_narrow else "", "")
            index = analysis.families.index(family)
            title = words.family(family.family)
            axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=series_ink(index), pad=10)

    alt = words("alt.curves", families=words.families(analysis.families))
    return plate("curves", alt, draw, wide_height=300, narrow_height=230 * len(shown))


def _curves(axes: Axes, analysis: LadderAnalysis, family: str, size: Mapping[str, float]) -> None:
    mine = [c for c in analysis.curves if c.family == family]
    for curve in analysis.curves:
        if curve.family != family:
            axes.plot(*thin(curve.train_flops, curve.loss, 40), color=INK["rule"], lw=1)
    index = [f.family for f in analysis.families].index(family)
    for curve in mine:
        x, y = thin(curve.train_flops, curve.loss, 80)
        axes.plot(x, y, color=series_ink(index), lw=1.3, alpha=0.85)
        axes.plot(x[-1:], y[-1:], marker=MARKERS[index % len(MARKERS)], ms=4, color=series_ink(index))
    _label_sizes(axes, mine, size)


def _label_sizes(axes: Axes, curves: Sequence[TrainingCurve], size: Mapping[str, float]) -> None:
    """Write the parameters of the smallest and the largest model at the end of its longest curve."""
    known = [c for c in curves if c.name in size]
    longest = {size[c.name]: c for c in sorted(known, key=lambda c: c.n_tokens[-1])}
    for n_params in {min(longest), max(longest)} if longest else ():
        curve = longest[n_params]
        axes.annotate(
            count_tick(n_params),
            (curve.train_flops[-1], curve.loss[-1]),
            xytext=(-3, -8),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=SMALL,
            color=INK["muted"],
        )
