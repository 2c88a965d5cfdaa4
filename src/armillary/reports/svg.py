"""Figures as inline SVG that the page's style sheet colours.

Matplotlib draws with *inks*: colours that stand for a CSS variable.  ``to_svg`` puts the variables in
their place, so that one drawing serves light and dark; text stays text, set in the reader's own fonts
(Chinese too); identifiers are stable and unique in a page, so that the same figures give the same bytes.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

import matplotlib
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

N_SERIES = 6  # colours of families; more families than that share colours and differ by marker

# A colour that means "the variable --name of the style sheet"; nothing is ever shown in it.
INK: Mapping[str, str] = {
    name: f"#0101{i:02x}"
    for i, name in enumerate(
        (
            *("ink", "muted", "rule", "surface"),
            *(f"{kind}-{n}" for kind in ("series", "ramp") for n in range(1, N_SERIES + 1)),
        ),
        start=1,
    )
}

_SVG = "http://www.w3.org/2000/svg"
_GROUP = f"{{{_SVG}}}g"
_HREF = "{http://www.w3.org/1999/xlink}href"
_RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "armillary",
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same layout everywhere
    "font.size": 12.0,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "path.simplify": True,
    "path.simplify_threshold": 0.3,
}


def series_ink(index: int) -> str:
    """Return the ink of the family number ``index`` (from 0)."""
    return INK[f"series-{index % N_SERIES + 1}"]


def ramp_ink(place: int, of: int) -> str:
    """Return the ink of number ``place`` (from 0) of ``of`` things in order, spread over the whole ramp."""
    return INK[f"ramp-{1 + round(place * (N_SERIES - 1) / max(of - 1, 1))}"]


@contextmanager
def drawing() -> Iterator[None]:
    """Draw figures inside this: matplotlib's settings are the page's here, and as they were outside.

    The font that measures text has no Chinese glyphs; the browser lays the text out with one that
    has, so exactly that warning is no news.
    """
    with matplotlib.rc_context(_RC), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font", category=UserWarning)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of ``width`` by ``height`` CSS pixels."""
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)  # SVG units are points; ours are pixels
    figure.patch.set_visible(False)
    FigureCanvasSVG(figure)
    return figure


def to_svg(figure: Figure, name: str, alt: str, tips: Mapping[str, str] | None = None) -> Markup:
    """Return ``figure`` as an ``<svg>`` element for a page.

    ``name`` is unique in the page; ``alt`` says in words what the figure shows; ``tips`` are shown on
    hovering over the artists that carry the key as their ``gid``.
    """
    buffer = io.StringIO()
    with drawing():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(re.sub(r"<!DOCTYPE.*?>", "", buffer.getvalue(), flags=re.DOTALL))
    _drop(root, "metadata", "style")  # the page's style sheet says what the second would
    _add_tips(root, tips or {})
    _rename_ids(root, name)
    _flatten(root)
    for element in root.iter():
        _tidy(element)
    _describe(root, alt)
    ElementTree.register_namespace("", _SVG)
    text = ElementTree.tostring(root, encoding="unicode").replace(f' xmlns="{_SVG}"', "", 1)
    return Markup(_with_variables(text))


def _drop(root: ElementTree.Element, *tags: str) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{{{_SVG}}}{tag}" for tag in tags}:
                parent.remove(child)


def _add_tips(root: ElementTree.Element, tips: Mapping[str, str]) -> None:
    for element in root.iter():
        tip = tips.get(element.get("id", ""))
        if tip is not None:
            title = ElementTree.Element(f"{{{_SVG}}}title")
            title.text = tip
            element.insert(0, title)
            element.set("class", "tip")


def _rename_ids(root: ElementTree.Element, name: str) -> None:
    """Keep the ids that something refers to, numbered and prefixed with ``name``; drop the rest."""
    used: dict[str, str] = {}
    for element in root.iter():
        for value in element.attrib.values():
            for target in re.findall(r"url\(#([^)]+)\)|^#(\S+)$", value):
                used.setdefault(target[0] or target[1], f"{name}-{len(used)}")
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old in used:
            element.set("id", used[old])
        if _HREF in element.attrib:
            target = element.attrib.pop(_HREF)  # another element, or an image that is written here itself
            element.set("href", f"#{used[target[1:]]}" if target.startswith("#") else target)
        clip = element.get("clip-path")
        if clip:
            element.set("clip-path", f"url(#{used[clip[5:-1]]})")


def _flatten(root: ElementTree.Element) -> None:
    """Take the groups away that group nothing by an attribute."""
    for parent in list(root.iter()):
        children: list[ElementTree.Element] = []
        queue = list(parent)
        while queue:
            child = queue.pop(0)
            if child.tag == _GROUP and not child.attrib:
                queue[:0] = list(child)
            else:
                children.append(child)
        parent[:] = children
        if len(parent):
            parent.text = None


def _tidy(element: ElementTree.Element) -> None:
    """Round coordinates to hundredths of a pixel; leave the typeface of text to the page."""
    element.tail = None
    for key in {"d", "x", "y", "x1", "x2", "y1", "y2", "transform"} & set(element.attrib):
        element.set(key, re.sub(r"-?\d+\.\d+", _hundredths, element.attrib[key]).strip())
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if "style" in element.attrib:
        element.set("style", re.sub(r"font-family: [^;]*;? ?", "", element.attrib["style"]))


def _hundredths(match: re.Match[str]) -> str:
    return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")


def _describe(root: ElementTree.Element, alt: str) -> None:
    width = float(root.get("viewBox", "0 0 0 0").split()[2])
    root.attrib.pop("version", None)
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
    root.set("role", "img")
    root.set("aria-label", alt)
    root.set("style", f"max-width: {width:g}px")


def _with_variables(text: str) -> str:
    for name, colour in INK.items():
        text = text.replace(colour, f"var(--{name})")
    return text
