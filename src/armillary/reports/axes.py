"""What all plots share: axes without junk, ticks that read well, labels that do not overlap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator
from scipy.optimize import isotonic_regression

from armillary.core.units import format_count
from armillary.fitting.uncertainty import Interval
from armillary.reports.numbers import MINUS, plain, ten_to
from armillary.reports.svg import INK

_MANTISSAS = ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 5), (1, 1.5, 2, 3, 4, 5, 7), (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8))
SMALL = 12.0  # px, the size of tick labels and annotations
CROWD = 100  # points beyond which they are drawn smaller, and say nothing when hovered over
MARKERS = ("o", "s", "^", "D", "v", "P")  # one per family, so that colour is never alone


def dress(axes: Axes) -> Axes:
    """Take away what carries no data: box, tick marks; leave a baseline and faint horizontal lines."""
    axes.patch.set_visible(False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set(color=INK["muted"], linewidth=0.8)
    axes.tick_params(which="both", length=0, labelsize=SMALL, labelcolor=INK["muted"], pad=6)
    axes.tick_params(axis="x", which="major", length=4, width=0.8, color=INK["muted"])
    axes.grid(axis="y", color=INK["rule"], linewidth=0.8)
    axes.set_axisbelow(True)
    return axes


def name_axes(axes: Axes, x: str, y: str) -> None:
    """Say what the axes are: x below its right end, y above the tick labels, both horizontal."""
    style: dict[str, Any] = {"textcoords": "offset points", "fontsize": SMALL, "color": INK["muted"]}
    axes.annotate(x, (1, 0), xycoords="axes fraction", xytext=(0, -28), ha="right", va="top", **style)
    left = -axes.bbox.x0  # to the figure's edge
    axes.annotate(y, (0, 1), xycoords="axes fraction", xytext=(left, 12), ha="left", va="bottom", **style)


def log_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Return round numbers for a logarithmic axis from ``low`` to ``high``, at most about ``most``.

    Decades where there are two or more; over less, the densest of several round sequences that fits.
    """
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first >= 2:
        stride = math.ceil((last - first + 1) / most)
        return [10.0**k for k in range(first, last + 1, stride)]
    decades = range(first - 1, last + 1)
    sequences: list[Sequence[float]] = [
        [m * 10.0**k for k in decades for m in mantissas] for mantissas in _MANTISSAS
    ]
    if high / low < 4:
        sequences.append(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
    fitting = [ticks for ticks in (_within(s, low, high) for s in sequences) if len(ticks) <= most]
    return max(fitting, key=len)


def _within(ticks: Iterable[float], low: float, high: float) -> list[float]:
    return [float(tick) for tick in ticks if low <= tick * (1 + 1e-9) and tick <= high * (1 + 1e-9)]


def log_axis(axis: Any, low: float, high: float, form: Callable[[float], str], most: int = 7) -> None:
    """Make ``axis`` (``axes.xaxis`` or ``axes.yaxis``) logarithmic with round ticks written by ``form``."""
    axes, which = axis.axes, axis.axis_name
    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}lim")(low, high)
    axis.set_major_locator(FixedLocator(log_ticks(low, high, most)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: form(value)))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def flop_tick(value: float) -> str:
    """Return a tick of compute: ``10¹³``, or ``2×10¹³`` between decades."""
    exponent = math.floor(math.log10(value) + 1e-9)
    mantissa = value / 10.0**exponent
    return ten_to(exponent) if abs(mantissa - 1) < 1e-6 else f"{mantissa:.2g}×{ten_to(exponent)}"


def count_tick(value: float) -> str:
    """Return a tick of a count: ``0``, ``500k``, ``1M``."""
    return format_count(value) if value else "0"


def number_tick(value: float) -> str:
    """Return a tick of a loss or another plain number, without trailing zeros."""
    return plain(round(value, 10))


def factor_tick(value: float) -> str:
    """Return a tick of a factor: ``1×``, ``1.5×``, ``10×``."""
    return f"{number_tick(value)}×"


def percent_tick(value: float) -> str:
    """Return a tick of a signed share: ``+0.5%``, ``−12%``, ``0%``."""
    return f"{value * 100:+.4g}%".replace("-", MINUS) if abs(value) > 1e-12 else "0%"


def padded(values: Sequence[float], share: float = 0.06) -> tuple[float, float]:
    """Return limits around positive ``values``, widened by ``share`` of their logarithmic range."""
    low, high = math.log(min(values)), math.log(max(values))
    pad = share * max(high - low, 0.05)
    return math.exp(low - pad), math.exp(high + pad)


def with_room_below(values: Sequence[float], share: float) -> tuple[float, float]:
    """Return limits around positive ``values`` that leave ``share`` of the logarithmic height free below."""
    low, high = padded(values, 0.03)
    return low * (low / high) ** (share / (1 - share)), high


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return positions nearest to ``wanted`` (least squares) that lie ``gap`` apart within ``low``..``high``.

    Subtracting gap * rank turns "at least a gap apart" into "in order", which isotonic regression
    solves exactly.  When not all fit, they share the room evenly.
    """
    if not wanted:
        return []
    order = np.argsort(wanted, kind="stable")
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    ranks = gap * np.arange(len(wanted))
    free = isotonic_regression(np.asarray(wanted, dtype=float)[order] - ranks).x
    placed = np.clip(free, low, high - ranks[-1]) + ranks
    result = np.empty(len(wanted))
    result[order] = placed
    return [float(position) for position in result]


def label_ends(axes: Axes, ends: Sequence[tuple[float, float, str, str]], gap: float = 15.0) -> None:
    """Write names behind the ends of their curves, apart from each other: (x, y, text, ink) each."""
    places = [axes.transData.transform((x, y)) for x, y, _, _ in ends]
    heights = spread([float(y) for _, y in places], gap, axes.bbox.y0 + 4, axes.bbox.y1 - 4)
    for (_, _, text, ink), (x, _), height in zip(ends, places, heights, strict=True):
        axes.annotate(
            text,
            (x + 8, height),
            xycoords="figure pixels",
            va="center",
            fontsize=12,
            fontweight="bold",
            color=ink,
        )


def ends_of(spans: Sequence[Interval]) -> tuple[list[float], list[float]]:
    """Return the lower and the upper ends of intervals, as the edges of a band."""
    return [span.low for span in spans], [span.high for span in spans]


def thin(x: Sequence[float], y: Sequence[float], most: int = 160) -> tuple[list[float], list[float]]:
    """Return a curve with at most ``most`` points, means over spans that are even in log x; ends are kept."""
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(xs) <= most:
        return xs.tolist(), ys.tolist()
    edges = np.geomspace(max(xs[0], xs[-1] * 1e-4), xs[-1], most - 1)
    span = np.searchsorted(edges, xs)
    sums = np.bincount(span, minlength=most)
    kept = sums > 0
    mean = [np.bincount(span, weights=v, minlength=most)[kept] / sums[kept] for v in (xs, ys)]
    mean[0][-1], mean[1][-1] = xs[-1], ys[-1]
    return mean[0].tolist(), mean[1].tolist()
