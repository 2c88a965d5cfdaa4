"""A figure of a page: drawn for a desk and for a phone, with words for who cannot see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from markupsafe import Markup
from matplotlib.figure import Figure

from armillary.reports.svg import drawing, new_figure, to_svg

WIDE, NARROW = 860.0, 360.0  # CSS pixels


@dataclass(frozen=True)
class Plate:
    """A drawn figure: one SVG for wide screens and print, one for phones."""

    name: str
    wide: Markup
    narrow: Markup


@dataclass
class Canvas:
    """What a drawing function draws on."""

    figure: Figure
    width: float  # px
    height: float  # px
    tips: dict[str, str] = field(default_factory=dict)  # what hovering over an artist says, by its gid

    @property
    def is_narrow(self) -> bool:
        return self.width < WIDE

    def tip(self, text: str) -> str:
        """Return the ``gid`` to give to an artist that says ``text`` when hovered over."""
        gid = f"tip-{len(self.tips)}"
        self.tips[gid] = text
        return gid

    def box(self, left: float, right: float, top: float, bottom: float) -> tuple[float, float, float, float]:
        """Return the rectangle for ``add_axes`` that leaves these margins in pixels."""
        return (
            left / self.width,
            bottom / self.height,
            1 - (left + right) / self.width,
            1 - (top + bottom) / self.height,
        )


def plate(
    name: str, alt: str, draw: Callable[[Canvas], None], *, wide_height: float, narrow_height: float
) -> Plate:
    """Draw a figure at both widths.  ``name`` is unique in the page; ``alt`` says what it shows."""
    return Plate(
        name=name,
        wide=_drawn(f"{name}-w", alt, draw, WIDE, wide_height),
        narrow=_drawn(f"{name}-n", alt, draw, NARROW, narrow_height),
    )


def _drawn(name: str, alt: str, draw: Callable[[Canvas], None], width: float, height: float) -> Markup:
    with drawing():
        canvas = Canvas(new_figure(width, height), width, height)
        draw(canvas)
    return to_svg(canvas.figure, name, alt, canvas.tips)
