"""The picture of a table of words against words: a square for each number, the stronger the larger it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from armillary.reports.output_text import language
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink

_FAINT = 0.03  # values nearer to 0 are not drawn
_WIDE_ROW, _NARROW_ROW = 24.0, 17.0  # px

Pixels = tuple[float, float]
Values = Float[np.ndarray, "rows columns"]
Said = Callable[[int, int], str]


def matrix_plate(
    name: str, alt: str, over: Sequence[str], down: Sequence[str], values: Values, said: Said
) -> Plate:
    """Draw ``values`` from -1 to 1, ``over`` along the top and ``down`` at the side.

    Values below 0 have the second colour.  ``said`` is what hovering over (row, column) says.
    """

    def draw(canvas: Canvas) -> None:
        row = _NARROW_ROW if canvas.is_narrow else _WIDE_ROW
        size = 10.5 if canvas.is_narrow else 13.0
        left = min(12 + max(_width(label) for label in down) * size, 0.36 * canvas.width)
        top = canvas.height - row * len(down) - 8
        column = min((canvas.width - left - 12) / len(over), 1.6 * row)
        right = canvas.width - left - column * len(over)
        axes = canvas.figure.add_axes(canvas.box(left, right, top, 8))
        frame(axes, len(over), len(down))
        draw_cells(axes, values, said, canvas)
        for i, (label, turn) in enumerate(_over(over, column, size)):
            side = {"ha": "left", "va": "center"} if turn else {"ha": "center", "va": "bottom"}
            _label(axes, label, (i, -0.5), (0, 6), rotation=turn, fontsize=min(size, column), **side)
        for i, label in enumerate(down):
            _label(axes, label, (-0.5, i), (-8, 0), ha="right", va="center", fontsize=size)

    return plate(
        name,
        alt,
        draw,
        wide_height=_height(over, down, 13.0, _WIDE_ROW),
        narrow_height=_height(over, down, 10.5, _NARROW_ROW),
    )


def draw_cells(axes: Axes, values: Values, said: Said, canvas: Canvas) -> None:
    """Draw a square for each value that can be seen, the first colour above 0 and the second below."""
    for row, column in np.argwhere(np.abs(values) >= _FAINT):
        value = float(values[row, column])
        ink = series_ink(0 if value > 0 else 1)
        cell = Rectangle((column - 0.5, row - 0.5), 1, 1, color=ink, alpha=min(1.0, abs(value)), lw=0)
        cell.set_gid(canvas.tip(said(int(row), int(column))))
        axes.add_patch(cell)


def frame(axes: Axes, n_columns: int, n_rows: int) -> None:
    """Draw the lines between squares."""
    axes.patch.set_visible(False)
    for spine in axes.spines.values():
        spine.set(color=INK["rule"], linewidth=0.8)
    axes.set_xlim(-0.5, n_columns - 0.5)
    axes.set_ylim(n_rows - 0.5, -0.5)
    axes.set_xticks(np.arange(0.5, n_columns - 1), [])
    axes.set_yticks(np.arange(0.5, n_rows - 1), [])
    axes.tick_params(length=0)
    axes.grid(color=INK["rule"], linewidth=0.6)
    axes.set_axisbelow(True)


def _height(over: Sequence[str], down: Sequence[str], size: float, row: float) -> float:
    return 24 + 1.15 * max(_width(label) for label in over) * size + row * len(down)


def _over(labels: Sequence[str], column: float, size: float) -> list[tuple[str, float]]:
    """Return the labels over columns and by how many degrees each is turned.

    Where not all fit, words are turned, and Chinese and Japanese are written downwards.
    """
    if all(_width(label) * size <= column - 2 for label in labels):
        return [(label, 0.0) for label in labels]
    return [("\n".join(label), 0.0) if language(label) else (label, 90.0) for label in labels]


def _label(axes: Axes, text: str, at: Pixels, shift: Pixels, **style: Any) -> None:
    """Write a label ``shift`` pixels away from the place ``at`` of the cells."""
    axes.annotate(
        text,
        at,
        xytext=shift,
        textcoords="offset points",
        annotation_clip=False,
        color=INK["ink"],
        rotation_mode="anchor",
        linespacing=1.0,
        **style,
    )


def _width(text: str) -> float:
    """Return about how many ems wide ``text`` is: a browser has the glyphs that measuring here lacks."""
    return sum(1.0 if unicodedata.east_asian_width(char) in "WF" else 0.58 for char in text)
