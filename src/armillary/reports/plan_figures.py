"""The plots of a plan: models of equal loss, and what adds up to a total."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.interpolate import Akima1DInterpolator

from armillary.reports import numbers
from armillary.reports.axes import (
    SMALL,
    count_tick,
    dress,
    flop_tick,
    label_ends,
    log_axis,
    name_axes,
    padded,
)
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, ramp_ink, series_ink
from armillary.reports.words import Words
from armillary.scaling.planning.plan import IsoLossPoint, Plan, Quantity

POINTS = 80  # of a drawn curve
ROW = 30.0  # px, the height of one part of a total


def front_plate(plan: Plan, words: Words) -> Plate:
    """Draw the compute that models of the plan's loss take, by size: training, and their whole life."""
    points = [point for point in plan.iso_loss if math.isfinite(point.train_flops.value)]
    costs = [("training", [point.train_flops for point in points])]
    if plan.lifetime:
        costs.append(("lifetime", [point.lifetime_flops for point in points]))
    sizes = [point.n_params for point in points]
    optimum = plan.lifetime.n_params.value if plan.lifetime else plan.n_params.value

    def draw(canvas: Canvas) -> None:
        axes = dress(canvas.figure.add_axes(canvas.box(58, 92, 36, 48)))
        log_axis(axes.xaxis, *padded([*sizes, optimum], 0.05), count_tick, 4 if canvas.is_narrow else 8)
        log_axis(
            axes.yaxis, *padded([end for _, cost in costs for end in _heights(cost)], 0.06), flop_tick, 6
        )
        for index, (_, cost) in enumerate(costs):
            _cost(axes, sizes, cost, index)
        _points(canvas, axes, points, words)
        if plan.lifetime:
            x, y = plan.lifetime.n_params.value, plan.lifetime.lifetime_flops.value
            tip = canvas.tip(words("tip.lifetime", params=numbers.count(x), flop=numbers.flop(y)))
            axes.plot(
                [x], [y], marker="D", ms=8, mew=1.4, mec=INK["ink"], mfc=series_ink(1), zorder=5, gid=tip
            )
        ends = [
            (sizes[-1], cost[-1].value, words(f"front.{name}"), series_ink(i))
            for i, (name, cost) in enumerate(costs)
        ]
        label_ends(axes, ends)
        name_axes(axes, words("axis.params"), words("axis.cost"))

    return plate("front", words("alt.front"), draw, wide_height=360, narrow_height=340)


def _heights(cost: Sequence[Quantity]) -> list[float]:
    """Return what the axis has to hold: all values, and interval ends within a factor of ten of one."""
    values = [each.value for each in cost]
    ends = [end for each in cost for end in _span(each)]
    return [*values, *(end for end in ends if min(values) / 10 < end < max(values) * 10)]


def _span(quantity: Quantity) -> tuple[float, float]:
    span = quantity.interval
    return (quantity.value, quantity.value) if span is None else (span.low, span.high)


def _cost(axes: Axes, sizes: Sequence[float], cost: Sequence[Quantity], index: int) -> None:
    """Draw a cost along size, smoothly between the sizes that it is known for, with its band."""
    top = 10 * axes.get_ylim()[1]  # an interval without an upper end is drawn past the axes
    bottom = axes.get_ylim()[0] / 10
    ends = [(max(low, bottom), min(high, top)) for low, high in map(_span, cost)]
    x, low = _smooth(sizes, [low for low, _ in ends])
    _, high = _smooth(sizes, [high for _, high in ends])
    axes.fill_between(x, low, high, color=series_ink(index), alpha=0.14, lw=0)
    axes.plot(*_smooth(sizes, [each.value for each in cost]), color=series_ink(index), lw=1.8)


def _smooth(x: Sequence[float], y: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return a curve through positive points: Akima 1970's spline of the logarithms, hardly overshooting."""
    if len(x) < 3:
        return np.asarray(x), np.asarray(y)
    along = np.linspace(math.log(x[0]), math.log(x[-1]), POINTS)
    return np.exp(along), np.exp(Akima1DInterpolator(np.log(x), np.log(y), method="makima")(along))


def _points(canvas: Canvas, axes: Axes, points: Sequence[IsoLossPoint], words: Words) -> None:
    """Mark every size on the front of training; the plan's own by a ring."""
    for point in points:
        x, y = point.n_params, point.train_flops.value
        texts = {
            "params": numbers.count(x),
            "tokens": numbers.count(point.n_tokens.value),
            "flop": numbers.flop(y),
        }
        tip = canvas.tip(words("tip.front", **texts))
        axes.plot([x], [y], marker="o", ms=6, mew=0, color=series_ink(0), ls="", gid=tip)
        if abs(point.size_ratio - 1) < 1e-9:
            axes.plot([x], [y], marker="o", ms=12, mew=1.6, mfc="none", mec=INK["ink"], ls="")


def parts_plate(
    name: str,
    alt: str,
    parts: Sequence[tuple[str, float]],
    form: Callable[[float], str],
    limit: tuple[str, float] | None = None,
) -> Plate:
    """Draw parts that add up, a row each, every bar starting where the one above it ends.

    ``limit`` is a line that their sum is held against: its name, and where it stands.
    """
    total = sum(value for _, value in parts)
    reach = max(total, limit[1] if limit else 0.0)

    def draw(canvas: Canvas) -> None:
        left = 112.0
        axes = dress(canvas.figure.add_axes(canvas.box(left, 88, 30, 8)))
        axes.grid(visible=False)
        axes.spines["bottom"].set_visible(False)
        axes.set_xlim(0, reach)
        axes.set_ylim(len(parts) - 0.4, -0.6)
        axes.set_xticks([])
        axes.set_yticks([])
        start = 0.0
        for place, (label, value) in enumerate(parts):
            ink = ramp_ink(place, len(parts))
            axes.barh([place], [value], left=start, height=0.62, color=ink, linewidth=0)
            note(axes, label, (0, place), (-left, 0), "left", INK["ink"])
            note(axes, form(value), (start + value, place), (8, 0), "left", INK["muted"])
            start += value
        if limit:
            axes.axvline(limit[1], color=INK["ink"], lw=1.2, ls=(0, (2, 2)))
            note(axes, f"{limit[0]} {form(limit[1])}", (limit[1], -0.6), (0, 12), "right", INK["muted"])

    height = 38 + ROW * len(parts)
    return plate(name, alt, draw, wide_height=height, narrow_height=height)


def note(
    axes: Axes, text: str, at: tuple[float, float], shift: tuple[float, float], side: str, ink: str
) -> None:
    """Write ``text`` beside a place of the data, ``shift`` pixels from it."""
    axes.annotate(
        text, at, xytext=shift, textcoords="offset points", ha=side, va="center", fontsize=SMALL, color=ink
    )
