"""Where a model looked while it wrote: tokens put together to words, and the picture of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from armillary.reports import numbers
from armillary.reports.output_text import language, shown
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink
from armillary.reports.words import Words
from armillary.runs.judgement import Alignment

_FAINT = 0.03  # weights below this are not drawn
_MOST = 12  # characters of a label
_WIDE_ROW, _NARROW_ROW = 24.0, 17.0  # px

Groups = list[list[int]]
Pixels = tuple[float, float]


def words_of(pieces: Sequence[str]) -> Groups:
    """Return which pieces make up each word, in order; every piece is in one.

    A piece goes on with the word before it when both are letters or digits of a script that sets words
    apart and no space is between them; of Chinese and Japanese each piece stands for itself.  An empty
    piece (the beginning of a character) belongs to the piece behind it.
    """
    groups: Groups = []
    before = ""
    for group in _characters(pieces):
        text = pieces[group[-1]]
        if _goes_on(before, text):
            groups[-1] += group
        else:
            groups.append(group)
        before = text
    return groups


def _characters(pieces: Sequence[str]) -> Groups:
    """Return pieces with the empty ones before them, which begin their first character."""
    groups, held = [], []
    for i, piece in enumerate(pieces):
        held.append(i)
        if piece:
            groups.append(held)
            held = []
    return groups + ([held] if held else [])


def by_words(
    alignment: Alignment, end: str
) -> tuple[list[str], list[str], Float[np.ndarray, "output source"]]:
    """Return (words of the source, words of the output, weights), the mark at an end spelled as ``end``.

    A source word is looked at as much as its pieces together, by an output word as its pieces did in the
    mean (Garg et al. 2019 merge subwords so); rows sum to 1.
    """
    sources, outputs = words_of(alignment.source), words_of(alignment.output)
    weights = np.array(alignment.weights)
    columns = np.stack([weights[:, group].sum(axis=1) for group in sources], axis=1)
    rows = np.stack([columns[group].mean(axis=0) for group in outputs])
    return _spelled(alignment.source, sources, end), _spelled(alignment.output, outputs, end), rows


def alignment_plate(name: str, alignment: Alignment, words: Words) -> Plate:
    """Draw ``alignment``, the source along the top and the output down the side."""
    source, output, weights = by_words(alignment, words("align.end"))
    texts = (shown("".join(pieces)) for pieces in (alignment.source, alignment.output))
    alt = words("alt.align", source=next(texts), output=next(texts))

    def draw(canvas: Canvas) -> None:
        row = _NARROW_ROW if canvas.is_narrow else _WIDE_ROW
        size = 10.5 if canvas.is_narrow else 13.0
        left = min(12 + max(_width(label) for label in output) * size, 0.36 * canvas.width)
        top = canvas.height - row * len(output) - 8
        column = min((canvas.width - left - 12) / len(source), 1.6 * row)
        right = canvas.width - left - column * len(source)
        axes = canvas.figure.add_axes(canvas.box(left, right, top, 8))
        _frame(axes, len(source), len(output))
        _cells(axes, source, output, weights, canvas)
        for i, (label, turn) in enumerate(_over(source, column, size)):
            side = {"ha": "left", "va": "center"} if turn else {"ha": "center", "va": "bottom"}
            _label(axes, label, (i, -0.5), (0, 6), rotation=turn, fontsize=min(size, column), **side)
        for i, label in enumerate(output):
            _label(axes, label, (-0.5, i), (-8, 0), ha="right", va="center", fontsize=size)

    return plate(
        name,
        alt,
        draw,
        wide_height=_height(source, output, 13.0, _WIDE_ROW),
        narrow_height=_height(source, output, 10.5, _NARROW_ROW),
    )


def _height(source: Sequence[str], output: Sequence[str], size: float, row: float) -> float:
    return 24 + 1.15 * max(_width(label) for label in source) * size + row * len(output)


def _over(labels: Sequence[str], column: float, size: float) -> list[tuple[str, float]]:
    """Return the labels over columns and by how many degrees each is turned.

    Where not all fit, words are turned, and Chinese and Japanese are written downwards.
    """
    if all(_width(label) * size <= column - 2 for label in labels):
        return [(label, 0.0) for label in labels]
    return [("\n".join(label), 0.0) if language(label) else (label, 90.0) for label in labels]


def _frame(axes: Axes, n_columns: int, n_rows: int) -> None:
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


def _cells(
    axes: Axes,
    source: Sequence[str],
    output: Sequence[str],
    weights: Float[np.ndarray, "o s"],
    canvas: Canvas,
) -> None:
    """Draw a square for each weight that can be seen: one ink, the stronger the more it was looked at."""
    for row, column in np.argwhere(weights >= _FAINT):
        weight = float(weights[row, column])
        said = f"{output[row]} ← {source[column]}: {numbers.percent(weight)}"
        cell = Rectangle((column - 0.5, row - 0.5), 1, 1, color=series_ink(0), alpha=weight, lw=0)
        cell.set_gid(canvas.tip(said))
        axes.add_patch(cell)


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


def _goes_on(before: str, piece: str) -> bool:
    if not before or not piece or language(before[-1]) or language(piece[0]):
        return False
    return bool(re.fullmatch(r"\w\w", before[-1] + piece[0]))


def _spelled(pieces: Sequence[str], groups: Groups, end: str) -> list[str]:
    labels = []
    for group in groups:
        text = shown("".join(pieces[i] for i in group).strip())
        text = text if len(text) <= _MOST else text[: _MOST - 1] + "…"
        labels.append(text or (end if group[-1] == len(pieces) - 1 else "␣"))
    return labels


def _width(text: str) -> float:
    """Return about how many ems wide ``text`` is: a browser has the glyphs that measuring here lacks."""
    return sum(1.0 if unicodedata.east_asian_width(char) in "WF" else 0.58 for char in text)
