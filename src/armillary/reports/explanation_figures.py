"""Pictures of explanations: over an image or a spectrogram, words against words, and the answer's curves."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from PIL import Image

from armillary.reports import numbers
from armillary.reports.axes import MARKERS, dress, label_ends, name_axes
from armillary.reports.matrix_plate import draw_cells, frame, matrix_plate
from armillary.reports.output_text import shown
from armillary.reports.plate import NARROW, WIDE, Canvas, Plate, plate
from armillary.reports.svg import series_ink
from armillary.reports.words import Words
from armillary.runs.explained import Explanation

_MOST = 14  # characters of a label
_HIGHEST = 300.0  # px, of a picture
_BETWEEN = 20.0  # px, between two
_STRONGEST = 0.85  # how much of a picture the weightiest part hides
_PALE = 0.3  # how strong a picture is under its parts


def values_of(explanation: Explanation) -> Float[np.ndarray, "answers features"]:
    """Return the attributions of each answer, the largest of each scaled to 1."""
    values = np.array(explanation.attributions)
    scaled: Float[np.ndarray, "answers features"] = values / np.maximum(
        np.abs(values).max(axis=1, keepdims=True), 1e-12
    )
    return scaled


def words_plate(name: str, explanation: Explanation, words: Words) -> Plate:
    """Draw what each word that was said is due to, the words that were read along the top."""
    values = values_of(explanation)
    over, down = ([_label(text) for text in texts] for texts in (explanation.features, explanation.answers))

    def said(row: int, column: int) -> str:
        return f"{down[row]} ← {over[column]}: {_nats(explanation.attributions[row][column])}"

    alt = words("alt.explained.words", method=explanation.method, input=shown(explanation.input))
    return matrix_plate(name, alt, over, down, values, said)


def picture_plate(name: str, explanation: Explanation, answer: int, words: Words) -> Plate:
    """Draw a picture, and beside it, paler, under the parts that one answer is due to."""
    assert explanation.grid is not None
    rows, columns = explanation.grid
    values = values_of(explanation)[answer].reshape(rows, columns) * _STRONGEST
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(explanation.picture))).convert("RGB"))
    shape: float = image.shape[1] / image.shape[0]

    def said(row: int, column: int) -> str:
        place = row * columns + column
        return f"{explanation.features[place]}: {_nats(explanation.attributions[answer][place])}"

    def side(canvas_width: float) -> float:
        """Return the height of both pictures, side by side, on a page so wide."""
        return min(_HIGHEST, (canvas_width - _BETWEEN) / 2 / shape)

    def draw(canvas: Canvas) -> None:
        high = side(canvas.width)
        for place, (strength, cells) in enumerate(((1.0, None), (_PALE, values))):
            left = place * (high * shape + _BETWEEN)
            box = canvas.box(left, canvas.width - left - high * shape, 4, canvas.height - high - 4)
            axes = canvas.figure.add_axes(box)
            frame(axes, columns, rows)
            axes.grid(visible=False)
            extent = (-0.5, columns - 0.5, rows - 0.5, -0.5)
            axes.imshow(image, extent=extent, aspect="auto", interpolation="nearest", alpha=strength)
            if cells is not None:
                draw_cells(axes, cells, said, canvas)

    alt = words(
        "alt.explained.picture",
        method=explanation.method,
        answer=explanation.answers[answer],
        input=shown(explanation.input),
    )
    return plate(name, alt, draw, wide_height=side(WIDE) + 8, narrow_height=side(NARROW) + 8)


def curves_plate(name: str, explanation: Explanation, words: Words) -> Plate:
    """Draw the answer as parts are put in, and taken out, the weightiest first."""
    faithfulness = explanation.faithfulness
    lines = [("insertion", faithfulness.insertion), ("deletion", faithfulness.deletion)]

    def draw(canvas: Canvas) -> None:
        right = 64.0 if canvas.is_narrow else 150.0
        axes = dress(canvas.figure.add_axes(canvas.box(44, right, 40, 46)))
        ends = []
        for i, (key, values) in enumerate(lines):
            x = np.linspace(0, 100, len(values))
            axes.plot(x, values, color=series_ink(i), lw=2)
            axes.plot(x, values, MARKERS[i], color=series_ink(i), ms=4)
            ends.append((100.0, values[-1], words(f"explained.{key}"), series_ink(i)))
        axes.set_xlim(0, 100)
        axes.autoscale_view()
        label_ends(axes, ends)
        name_axes(axes, words("axis.parts"), words("axis.evidence"))

    return plate(name, words("alt.explained.curves"), draw, wide_height=260, narrow_height=240)


def shades(explanation: Explanation, answer: int) -> Sequence[tuple[str, float, str]]:
    """Return (word, its value from -1 to 1, what hovering over it says) of each word that was read."""
    values, nats = values_of(explanation)[answer], explanation.attributions[answer]
    return [
        (shown(word), float(value), _nats(raw))
        for word, value, raw in zip(explanation.features, values, nats, strict=True)
    ]


def _nats(value: float) -> str:
    return numbers.signed_score(value)


def _label(text: str) -> str:
    flat = shown(" ".join(text.split()))
    return flat if len(flat) <= _MOST else flat[: _MOST - 1] + "…"
