"""The plot of a curve: what was measured, the blend of laws beyond it, and how sure that is."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from armillary.reports import numbers
from armillary.reports.axes import count_tick, dress, ends_of, log_axis, name_axes, number_tick, padded
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink
from armillary.reports.words import Words
from armillary.scaling.curves.blend import CurveFit
from armillary.scaling.curves.extrapolation import curve_intervals

BEYOND = 4.0  # times the last given x that the blend is drawn to, or as far as values were held back
POINTS = 60  # of a drawn curve
SHOWN_WEIGHT = 0.05  # of a law, from which it is drawn by itself


def curve_plate(fit: CurveFit, name: str, words: Words) -> Plate:
    """Draw one curve: given points filled, held-out ones as rings, the blend with 50% and 90% bands."""
    curve = fit.curve
    end = max(BEYOND * fit.last_x, *curve.held_out_x.tolist(), 0.0)
    x = np.unique(np.append(np.geomspace(float(curve.x[0]), end, POINTS), fit.last_x))
    bands = [ends_of(curve_intervals(fit, x, level)) for level in (0.9, 0.5)]
    blend, measured = fit.predict(x), [*curve.y.tolist(), *curve.held_out_y.tolist()]
    sign = -1.0 if fit.rising else 1.0

    def draw(canvas: Canvas) -> None:
        axes = dress(canvas.figure.add_axes(canvas.box(46, 16, 36, 48)))
        log_axis(axes.xaxis, *padded([float(x[0]), end], 0.03), count_tick, 4 if canvas.is_narrow else 8)
        heights = [*measured, *blend.tolist(), *bands[1][0], *bands[1][1]]
        log_axis(axes.yaxis, *padded(heights, 0.06), number_tick, 6)
        for low, high in bands:
            axes.fill_between(x, low, high, color=series_ink(0), alpha=0.13, linewidth=0)
        for record in fit.records:
            if SHOWN_WEIGHT <= record.weight < 1:
                axes.plot(x, np.exp(sign * record.heights(x)), color=INK["muted"], lw=0.8, alpha=0.6)
        known = x <= fit.last_x
        axes.plot(x[known], blend[known], color=series_ink(0), lw=1.8)
        axes.plot(x[~known], blend[~known], color=series_ink(0), lw=1.8, ls=(0, (4, 3)))
        _points(canvas, axes, fit, words)
        name_axes(axes, "x", "y")

    alt = words("alt.curve", name=curve.name or "x, y")
    return plate(name, alt, draw, wide_height=320, narrow_height=300)


def _points(canvas: Canvas, axes: Axes, fit: CurveFit, words: Words) -> None:
    curve = fit.curve
    axes.plot(curve.x, curve.y, marker="o", ms=4.5, mew=0, color=series_ink(0), ls="")
    predicted = fit.predict(curve.held_out_x)
    for x, y, guess in zip(curve.held_out_x, curve.held_out_y, predicted, strict=True):
        texts = {"predicted": numbers.plain(float(guess)), "measured": numbers.plain(float(y))}
        tip = canvas.tip(words("tip.held_out", name=f"x = {numbers.count(float(x))}", **texts))
        axes.plot([x], [y], marker="o", ms=7, mew=1.5, mfc="none", mec=INK["ink"], ls="", gid=tip)
