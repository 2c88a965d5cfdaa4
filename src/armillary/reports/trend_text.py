"""Dates, amounts, quantities and sources of trends, as a page writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from markupsafe import Markup, escape

from armillary.fitting.uncertainty import Estimate, Interval
from armillary.reports import numbers
from armillary.reports.axes import count_tick, flop_tick
from armillary.reports.page import with_interval
from armillary.reports.sentences import in_chinese
from armillary.reports.words import Words
from armillary.trends.record.shipped import quantities
from armillary.trends.series import month_of

LONG = 36.0  # months of doubling from which they are told in years
COUNTED = (1e-2, 9.995e14)  # values of a count that are written with a suffix, and not as a power of ten
SMALL_FLOP = 1e5
_SPAN = re.compile(r"([\d.]+)?-([\d.]+)?")
_ADDRESS = re.compile(r"https?://[^\s;,]+")


def plainly(words: Words, sentence: str) -> str:
    """Return a sentence of the numeric half as plain text, for plots; English where it has no other."""
    return (None if words.lang == "en" else in_chinese(sentence)) or sentence


def quantity_name(words: Words, name: str) -> str:
    """Return what a quantity is called: ``Training compute``."""
    return words.either(f"trend.quantity.{name}", name)


def quantity_meaning(words: Words, name: str) -> str:
    """Return what exactly a quantity is; empty for a column of a user's own."""
    return plainly(words, quantities()[name].description) if name in quantities() else ""


def unit_name(words: Words, unit: str) -> str:
    """Return the unit of a series."""
    return words.either(f"trend.unit.{unit}", unit)


def amount(value: float, unit: str) -> str:
    """Return a value of a series: ``3.1×10²³``, ``$78M``, ``175B``; ``∞`` where a bound has no end."""
    if not math.isfinite(value):
        return "∞"
    if "USD" in unit and not unit.startswith("FLOP"):
        return numbers.usd(value)
    return numbers.count(value) if value == 0 or _is_counted(value, unit) else numbers.flop(value)


def _is_counted(value: float, unit: str) -> bool:
    """Whether a value is written with a suffix: compute is only where it is small."""
    return COUNTED[0] <= value < (SMALL_FLOP if unit == "FLOP" else COUNTED[1])


def amount_form(unit: str) -> Callable[[float], str]:
    """Return the function that writes values in ``unit``."""
    return lambda value: amount(value, unit)


def amount_tick(unit: str, high: float) -> Callable[[float], str]:
    """Return the function that writes ticks of an axis in ``unit`` that reaches ``high``."""
    if "USD" in unit and not unit.startswith("FLOP"):
        return lambda value: f"${count_tick(value)}"
    return count_tick if _is_counted(high, unit) else flop_tick


def month(year: float) -> str:
    """Return the month of a decimal year: ``2023-09``; ``∞`` where there is none."""
    return month_of(year) if math.isfinite(year) else "∞"


def month_cell(date: Estimate) -> Markup:
    """Return the table cell of a date and its interval."""
    return with_interval(month(date.value), month_span(date.interval))


def month_span(span: Interval) -> str:
    """Return an interval of dates: ``[2023-05, 2023-10]``."""
    return numbers.interval(span, month)


def factor(value: float) -> str:
    """Return a factor of growth with three significant figures: ``4.11×``."""
    return f"{numbers.plain(value, 3)}×" if math.isfinite(value) else "∞"


def factor_span(span: Interval) -> str:
    """Return an interval of factors: ``[3.75×, 4.51×]``."""
    return numbers.interval(span, factor)


def duration(words: Words, months: float) -> str:
    """Return how long a doubling takes, in months or, where it is long, in years."""
    if not math.isfinite(months):
        return "∞"
    if abs(months) < LONG:
        return words("trend.months", n=numbers.plain(months, 2))
    return words("trend.years", n=numbers.plain(months / 12, 2))


def share(value: float) -> str:
    """Return a share or a probability as a whole percentage, a dash where there is none: ``72%``."""
    return f"{value:.0%}" if math.isfinite(value) else numbers.NONE


def orders(value: float, digits: int = 2) -> str:
    """Return orders of magnitude: ``0.86``, ``−0.88``."""
    return f"{value:.{digits}f}".replace("-", numbers.MINUS) if math.isfinite(value) else "∞"


def method_name(words: Words, name: str) -> str:
    """Return what a method of projection is called."""
    return words.either(f"trend.method.{name}", name)


def selection_words(words: Words, selection: str) -> str:
    """Return the rule by which rows were chosen, in words: its parts are joined by commas and semicolons."""
    rules, _, record = selection.partition("; ")
    said = words("list.join").join(_rule(words, rule) for rule in rules.split(", "))
    return words("trend.joint").join([said, *(plainly(words, part) for part in record.split("; ") if part)])


def _rule(words: Words, rule: str) -> str:
    """Return one rule in words; a span of years has one end or two."""
    span = _SPAN.fullmatch(rule)
    if not span:
        return plainly(words, rule)
    since, until = span.groups()
    if since and until:
        return words("trend.years.both", since=since, until=until)
    return words("trend.years.since", year=since) if since else words("trend.years.until", year=until)


def sourced(source: str) -> Markup:
    """Return a source as HTML: its addresses are links, and everything else is escaped."""
    parts, end = [], 0
    for found in _ADDRESS.finditer(source):
        parts += [escape(source[end : found.start()]), _link(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(source[end:])])


def _link(address: str) -> Markup:
    shown = re.sub(r"^https?://(www\.)?", "", address)
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, shown)
