"""Years along an axis, and names beside points that do not cover each other."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from armillary.reports.svg import INK

LETTER, WIDE_LETTER, LINE = 0.58, 1.0, 1.3  # of the size of the type: the width of letters, the height
LONGEST = 26  # letters of a name beside a point
NEAR, STEP, FAR = (
    8.0,
    13.0,
    7,
)  # px from a point to its name, px between the distances that are tried, how many
HAIR = 16.0  # px from which a hair joins a name and its point


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Whether the two share any area."""
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def within(self, other: Box) -> bool:
        """Whether it lies inside ``other``."""
        across = other.left <= self.left and self.right <= other.right
        return across and other.bottom <= self.bottom and self.top <= other.top

    def covered(self, points: Float[np.ndarray, "points 2"]) -> int:
        """Return how many points lie in it."""
        x, y = points[:, 0], points[:, 1]
        inside = (self.left <= x) & (x <= self.right) & (self.bottom <= y) & (y <= self.top)
        return int(inside.sum())


def text_width(text: str, size: float) -> float:
    """Return about how wide ``text`` is, in pixels; Chinese characters are as wide as they are high."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return size * (WIDE_LETTER * wide + LETTER * (len(text) - wide))


def place_names(
    anchors: Sequence[tuple[float, float]],
    names: Sequence[str],
    room: Box,
    points: Float[np.ndarray, "points 2"],
    size: float,
) -> list[Box | None]:
    """Return a box for the name of each anchor, in pixels; None where there is no room left for it.

    Names are placed in the order given.  Each takes, of the places near its anchor that meet no other name
    and lie in ``room``, the one that covers the fewest ``points``, of equals the nearest.
    """
    taken: list[Box] = []
    placed: list[Box | None] = []
    for anchor, name in zip(anchors, names, strict=True):
        free = [
            box
            for box in _places(anchor, text_width(name, size), LINE * size)
            if box.within(room) and not any(box.meets(other) for other in taken)
        ]
        best = min(free, key=lambda box: box.covered(points), default=None)
        placed.append(best)
        taken += [best] if best else []
    return placed


def _places(anchor: tuple[float, float], width: float, height: float) -> Iterator[Box]:
    """Yield places for a name, the nearest first: up and left of it, right and below, above, below."""
    x, y = anchor
    for i in range(FAR):
        off = NEAR + STEP * i
        for left, bottom in (
            (x - width - off * 0.7, y + off * 0.4),
            (x - width - off, y - height / 2),
            (x - width / 2, y + off),
            (x + off, y - height / 2),
            (x + off * 0.7, y - height - off * 0.4),
            (x - width / 2, y - height - off),
        ):
            yield Box(left, bottom, left + width, bottom + height)


def name_points(
    axes: Axes,
    named: Sequence[tuple[float, float, str]],
    crowd: Float[np.ndarray, "points 2"],
    size: float,
    taken: float = 0.0,
) -> None:
    """Write names beside points (x, y, name), apart from each other; ``crowd`` are points to leave visible.

    The lowest ``taken`` pixels of the axes are left free.  A name for which there is no room is left out.
    """
    if not named:
        return
    anchors = [tuple(map(float, axes.transData.transform((x, y)))) for x, y, _ in named]
    names = [shortened(name) for _, _, name in named]
    left, bottom, right, top = (float(edge) for edge in axes.bbox.extents)
    room = Box(left + 2, bottom + 4 + taken, right + 40, top - 2)
    pixels = axes.transData.transform(crowd) if len(crowd) else np.empty((0, 2))
    boxes = place_names([(x, y) for x, y in anchors], names, room, pixels, size)
    for anchor, name, box in zip(anchors, names, boxes, strict=True):
        if box is not None:
            _write(axes, (anchor[0], anchor[1]), name, box, size)


def _write(axes: Axes, anchor: tuple[float, float], name: str, box: Box, size: float) -> None:
    style: dict[str, Any] = {"xycoords": "figure pixels", "fontsize": size, "color": INK["ink"], "zorder": 8}
    centre = ((box.left + box.right) / 2, (box.bottom + box.top) / 2)
    axes.annotate(name, centre, ha="center", va="center", **style)
    near = (min(max(anchor[0], box.left), box.right), min(max(anchor[1], box.bottom), box.top))
    if math.dist(near, anchor) > HAIR:
        hair: dict[str, Any] = {
            "arrowstyle": "-",
            "color": INK["muted"],
            "lw": 0.7,
            "shrinkA": 0,
            "shrinkB": 4,
        }
        axes.annotate("", anchor, near, xycoords="figure pixels", textcoords="figure pixels", arrowprops=hair)


def shortened(name: str) -> str:
    """Return a name that is not too long for a plot."""
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip(" (,-") + "…"


def year_axis(axes: Axes, low: float, high: float, most: int = 8) -> None:
    """Make the x axis one of years from ``low`` to ``high``, with at most about ``most`` whole ones named."""
    axes.set_xlim(low, high)
    first, last = math.ceil(low - 1e-6), math.floor(high + 1e-6)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200) if (last - first) / s <= most)
    axes.xaxis.set_major_locator(
        FixedLocator([float(y) for y in range(-(-first // step) * step, last + 1, step)])
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda year, _: f"{year:.0f}"))
