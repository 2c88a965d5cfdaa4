"""What innovations saved together, beside the measured rates of algorithmic progress."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from armillary.reports import numbers
from armillary.reports.axes import SMALL, dress, factor_tick, flop_tick, log_axis, name_axes, padded
from armillary.reports.page import Row, Table, columns_named, with_interval
from armillary.reports.plate import Canvas, Plate, plate
from armillary.reports.svg import INK, series_ink
from armillary.reports.trend_text import factor, plainly, share, sourced
from armillary.reports.words import Words
from armillary.trends.ledger import Comparison, Ledger
from armillary.trends.record.innovations import Innovation

THE_PAPER = "the paper"  # as the record names the source of a figure that the innovation's paper states
NAMES = 330.0  # px, for names beside the bars


def comparison_plate(comparisons: tuple[Comparison, ...], words: Words) -> Plate:
    """Draw the factor of each measured rate of progress, its interval, and the product of the ledger."""
    ends = [
        end for c in comparisons for end in (c.product, c.measured, c.measured_low, c.measured_high) if end
    ]
    limits = padded([*ends, 1.0], 0.04)

    def draw(canvas: Canvas) -> None:
        left = 8 if canvas.is_narrow else NAMES
        axes = dress(canvas.figure.add_axes(canvas.box(left, 20, 12, 48)))
        log_axis(axes.xaxis, *limits, _tick, 4 if canvas.is_narrow else 6)
        axes.set_ylim(len(comparisons) - 0.4, -0.7)
        axes.yaxis.set_visible(False)
        for place, c in enumerate(comparisons):
            if c.measured_low and c.measured_high:
                axes.plot([c.measured_low, c.measured_high], [place] * 2, color=series_ink(0), lw=2.2)
            axes.plot([c.measured], [place], "o", ms=7, mew=0, color=series_ink(0))
            axes.plot([c.product], [place], "D", ms=7, mew=1.4, mfc="none", mec=series_ink(1))
            shift = (0, place - 0.42) if canvas.is_narrow else (-NAMES / axes.bbox.width, place)
            style: dict[str, Any] = {"va": "center", "fontsize": SMALL, "color": INK["ink"]}
            name = measured_name(c, words)
            axes.annotate(name, shift, xycoords=("axes fraction", "data"), annotation_clip=False, **style)
        name_axes(axes, words("axis.trend.saved"), "")

    heights = {"wide_height": 34.0 * len(comparisons) + 66, "narrow_height": 46.0 * len(comparisons) + 66}
    return plate("ledger", words("alt.trend.ledger"), draw, **heights)


def _tick(value: float) -> str:
    return factor_tick(value) if value < 1e5 else f"{flop_tick(value)}×"


def measured_name(comparison: Comparison, words: Words) -> str:
    """Return what a measured rate is of, and over which years."""
    rate = comparison.progress
    return f"{plainly(words, rate.name)}, {rate.since}–{rate.until}"


def comparison_table(comparisons: tuple[Comparison, ...], words: Words) -> Table:
    """Return the product of the ledger beside every measured rate, with its source."""
    rows = []
    for c in comparisons:
        interval = (
            f"[{factor(c.measured_low)}, {factor(c.measured_high)}]"
            if c.measured_low and c.measured_high
            else ""
        )
        cited = sourced(c.progress.source)
        measured = with_interval(factor(c.measured), interval)
        cells = [measured_name(c, words), cited, factor(c.product), measured, share(c.share_explained)]
        rows.append(Row(cells))
    names = "trend.progress trend.source trend.product trend.measured trend.explained"
    return Table(
        words("trend.comparison.table"), columns_named(words, names), rows, text_columns=2, stacked=True
    )


def ledger_table(ledgers: tuple[Ledger, ...], words: Words) -> Table:
    """Return every innovation by what it saves: counted, refused with the reason, or without a figure."""
    rows: list[Row] = []
    for book in ledgers:
        rows.append(Row([_heading(book, words)], heading=True))
        rows += [_row(entry, words) for entry in book.counted]
        for refused in book.refused:
            rows.append(_row(refused.innovation, words, words("trend.refused"), refused.reason))
        rows += [_row(entry, words) for entry in book.without_figure]
    columns = columns_named(words, "trend.innovation trend.source trend.year trend.saves")
    return Table(words("trend.ledger.table"), columns, rows, text_columns=2)


def _heading(book: Ledger, words: Words) -> str:
    name = words(f"trend.resource.{book.resource.replace(' ', '-')}")
    if not book.counted:
        return words("trend.ledger.none", resource=name)
    ends = f"{factor(book.low)} – {factor(book.high)}"
    return words("trend.ledger.product", resource=name, product=factor(book.product), ends=ends)


def _row(entry: Innovation, words: Words, tag: str = "", reason: str = "") -> Row:
    note = reason or entry.note
    said = Markup("<br><small>{}</small>").format(words.said(note)) if note else ""
    cited = entry.paper if entry.figure_source in ("", THE_PAPER) else f"{entry.paper}; {entry.figure_source}"
    source = Markup("{}{}").format(sourced(cited), said)
    if entry.factor is None:
        saved: str = numbers.NONE
    else:
        ranges = entry.low and entry.high and entry.low < entry.high
        interval = f"[{factor(entry.low or 0)}, {factor(entry.high or 0)}]" if ranges else ""
        saved = with_interval(factor(entry.factor), interval)
    return Row([plainly(words, entry.name), source, str(entry.year), saved], tag=tag)
