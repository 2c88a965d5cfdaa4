"""Turn a view and a template into one HTML file that needs nothing else."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

import armillary
from armillary.fitting.uncertainty import Estimate
from armillary.reports import numbers
from armillary.reports.palette import colour_css
from armillary.reports.words import Words

_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Stat:
    """One figure of the row under the headline."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Row:
    """A row of a table: its cells, and what sets it apart."""

    cells: Sequence[str]
    index: int | None = None  # of the family whose colour and marker it bears
    tag: str = ""  # shown beside the first cell
    lead: bool = False  # set in bold
    heading: bool = False  # one cell over all columns, above the rows that belong to it


@dataclass(frozen=True)
class Table:
    """A table: a caption, its columns, its rows.  Of its columns, the first ``text_columns`` are text."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    text_columns: int = 1
    stacked: bool = False  # intervals stand below their values, where a row has many


def render(template: str, words: Words, **view: Any) -> str:
    """Return the page that ``template`` makes of ``view``; everything in it but Markup is escaped."""
    style = colour_css() + "\n" + (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    page = _environment().get_template(template)
    return page.render(t=words, style=Markup(style), version=armillary.__version__, **view)


def columns_named(words: Words, names: str, **values: object) -> list[str]:
    """Return the heads of columns whose words are "col.name" for each of the space-separated ``names``."""
    return [words(f"col.{name}", **values) for name in names.split()]


def with_interval(value: str, interval: str) -> Markup:
    """Return a table cell: the value, and its interval smaller behind it."""
    return Markup("{} <small>{}</small>").format(value, interval) if interval else escape(value)


def spanned(value: Estimate, form: Callable[[float], str] = numbers.loss) -> Markup:
    """Return the table cell of an estimate, its numbers written by ``form``."""
    text, interval = form(value.value), value.interval
    same = form(interval.low) == text == form(interval.high)  # narrower than what is written
    return with_interval(text, "" if same else numbers.interval(interval, form))


def flattened(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted name, value) of nested plain values, as ``name=value`` on the command line has them."""
    for name, value in data.items():
        if isinstance(value, Mapping) and value:
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_shown(item) for item in value) or "–"
    if isinstance(value, float):
        return f"{value:g}"
    return "–" if value is None or value == "" or value == {} else str(value)


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
