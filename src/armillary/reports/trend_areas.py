"""Shares of a whole over the years, stacked, each named where it is widest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from armillary.reports.axes import SMALL
from armillary.reports.svg import INK
from armillary.reports.trend_labels import text_width
from armillary.reports.trend_text import share

Layer = tuple[str, Float[np.ndarray, " years"], str]  # name, share of each year, ink
LEAST = 0.07  # of the height, from which a layer has room for its name


def stack(axes: Axes, years: Float[np.ndarray, " years"], layers: Sequence[Layer]) -> None:
    """Draw ``layers`` on each other, the first at the foot; a thin one has its name in the table alone."""
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(lambda value, _: share(value))
    floor = np.zeros(len(years))
    for name, values, ink in layers:
        top = floor + np.nan_to_num(values)
        axes.fill_between(years, floor, top, color=ink, alpha=0.38, lw=0)
        axes.plot(years, top, color=INK["surface"], lw=1)
        _name(axes, years, floor, top, name)
        floor = top


def _name(axes: Axes, years: np.ndarray, floor: np.ndarray, top: np.ndarray, name: str) -> None:
    """Write the name of a layer where it is thickest, a little inside the axes."""
    x = np.linspace(years[0], years[-1], 200)
    low, high = np.interp(x, years, floor), np.interp(x, years, top)
    margin = (text_width(name, SMALL) / 2 + 6) / axes.bbox.width * (years[-1] - years[0])
    inside = (x >= years[0] + margin) & (x <= years[-1] - margin)
    thick = np.where(inside, high - low, -1.0)
    at = int(np.argmax(thick))
    if thick[at] >= LEAST:
        middle = float(low[at] + high[at]) / 2
        axes.text(float(x[at]), middle, name, ha="center", va="center", fontsize=SMALL, color=INK["ink"])
