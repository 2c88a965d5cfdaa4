"""Cells as people write them: dates in many forms, and figures with ranges, signs and units of speech."""

from __future__ import annotations

import calendar
import datetime
import math
import re
from typing import Literal

from armillary.core.errors import DataError
from armillary.trends.rows import Amount, Date

Order = Literal["month first", "day first"]
NOTHING = frozenset(
    (
        "",
        "-",
        "–",
        "—",
        "?",
        "nan",
        "na",
        "n/a",
        "nat",
        "null",
        "none",
        "unknown",
        "undisclosed",
        "tbd",
        "#n/a",
    )
)
ABOUT = 2.0  # "~ 1e25" lies within this factor, as published trends assume of estimates (Sevilla et al. 2022)
FIRST_YEAR, LAST_YEAR = 1900, 2100
CENTURY_TURN = 50  # two-digit years below it are of the 2000s

MONTHS = {name.casefold(): i for i, name in enumerate(calendar.month_name) if name} | {
    name.casefold(): i for i, name in enumerate(calendar.month_abbr) if name
}
MONTHS["sept"] = 9
SCALES = {
    "k": 1e3, "thousand": 1e3, "万": 1e4,
    "m": 1e6, "mn": 1e6, "million": 1e6, "亿": 1e8,
    "b": 1e9, "bn": 1e9, "billion": 1e9, "g": 1e9,
    "t": 1e12, "tn": 1e12, "trillion": 1e12, "万亿": 1e12,
    "p": 1e15, "quadrillion": 1e15,
}  # fmt: skip
UNITS = re.compile(
    r"(flops?|flop/s|parameters?|params?|tokens?|datapoints?|words?|examples?|images?|gradients?|gpus?|tpus?"
    r"|chips?|hours?|hrs?|h|usd|dollars?|w|watts?|bytes?)$",
    re.IGNORECASE,
)
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
LOWER = re.compile(
    r"^(>=?|≥|≧|＞|over|above|more than|at least|greater than|超过|大于|至少)\s*", re.IGNORECASE
)
UPPER = re.compile(r"^(<=?|≤|≦|＜|under|below|less than|at most|up to|不到|小于|至多)\s*", re.IGNORECASE)
NEAR = re.compile(
    r"^(~|≈|∼|～|about|approx\.?|approximately|around|circa|ca\.?|c\.|约|大约)\s*", re.IGNORECASE
)
PLUS_MINUS = re.compile(r"\s*(?:±|\+/-)\s*")
RANGE = re.compile(r"\s*(?:\bto\b|–|—|～|\.\.+|至|(?<![eE^(])\s*-\s*(?=[\d.$]))\s*")
POWER = re.compile(r"(?:(?P<head>[\d.,_]+)\s*[x×*·]\s*)?10\s*(?:\^|\*\*)\s*\(?(?P<power>[+-]?\d+)\)?")
RAISED = re.compile(r"10(?=[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺])")
DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d.,])")
NUMBER = re.compile(r"^(?P<digits>\d[\d.,_'’\s]*|\.\d+)(?P<exponent>[eE][+-]?\d+)?\s*(?P<scale>[^\W\d_]*)$")


def is_nothing(text: str) -> bool:
    """Whether a cell is empty or a word for nothing."""
    return text.strip().casefold() in NOTHING


def parse_amount(text: str, *, decimal_comma: bool = False) -> Amount:
    """Return the positive figure that ``text`` states.

    ``3.8e25``, ``3.8×10^25``, ``1,024``, ``1.3B``, ``$1.2 million``; ``~1e25`` lies within a factor of two;
    ``1e25-2e25`` and ``5±2`` are ranges; ``<1e26``, ``>1e25`` and ``at least 4k`` are bounds.  ``3,14`` is
    a number where ``decimal_comma`` says so, else it may be two.  DataError says what is wrong.
    """
    words = _plain(text)
    if decimal_comma:
        words = DECIMAL_COMMA.sub(r"\1.\2", words)
    if bound := LOWER.match(words):
        return Amount.bounded(_number(words[bound.end() :]), math.inf)
    if bound := UPPER.match(words):
        return Amount.bounded(0.0, _number(words[bound.end() :]))
    if near := NEAR.match(words):
        return _widened(_stated(words[near.end() :]))
    return _stated(words)


def _plain(text: str) -> str:
    """Return ``text`` with powers of ten as exponents, and without footnotes' spaces and currency signs."""
    words = RAISED.sub("10^", text).translate(SUPERSCRIPTS).replace("−", "-").replace("\u00a0", " ")
    words = POWER.sub(lambda found: f"{found['head'] or '1'}e{int(found['power'])}", words)
    words = re.sub(r"\s*\([^()]*[^\W\d_][^()]*\)$", "", words)  # 3.8e25 (estimated)
    return re.sub(r"[$€£¥]", "", words).strip()


def _stated(words: str) -> Amount:
    """Return a plain figure or a range."""
    if len(parts := PLUS_MINUS.split(words)) == 2:
        middle, half = _number(parts[0]), _number(parts[1])
        if half >= middle:
            raise DataError("reaches below zero")
        return Amount(value=middle, low=middle - half, high=middle + half)
    parts = [part for part in RANGE.split(words) if part]
    if len(parts) == 2:
        low, high = _ends(parts[0], parts[1])
        if low > high:
            raise DataError("is a range from the larger to the smaller")
        return Amount.between(low, high)
    return Amount.exactly(_number(words))


def _ends(low: str, high: str) -> tuple[float, float]:
    """Return the ends of a range; a suffix at the end counts for both: 1-2B."""
    scale = re.search(r"[^\W\d_]+$", high.strip())
    shared = scale and not re.search(r"[^\W\d_]", low) and scale[0].casefold() in SCALES
    return _number(low + scale[0] if shared and scale else low), _number(high)


def _widened(amount: Amount) -> Amount:
    return Amount(value=amount.value, low=amount.low / ABOUT, high=amount.high * ABOUT)


def _number(words: str) -> float:
    """Return one positive number, or raise DataError with what is wrong with it."""
    words = UNITS.sub("", words.strip()).strip()
    found = NUMBER.match(words)
    scale = SCALES.get(found["scale"].casefold(), 0.0 if found["scale"] else 1.0) if found else 0.0
    if found is None or scale == 0.0:
        several = re.match(r"^[\d.eE+]+,", words)
        raise DataError("states several figures" if several else "is no positive number")
    try:
        value = float(_ungrouped(found["digits"]) + (found["exponent"] or "")) * scale
    except (ValueError, OverflowError) as error:
        raise DataError("is no positive number") from error
    if not 0 < value < math.inf:
        raise DataError("is not above zero" if value == 0 else "is too large for a number")
    return value


def _ungrouped(digits: str) -> str:
    """Return digits without the marks between thousands, in English, German, Swiss or French writing."""
    digits = digits.strip()
    for mark, point in ((",", "."), (".", ","), ("'", "."), ("’", "."), (" ", "."), ("_", ".")):
        if re.fullmatch(rf"\d{{1,3}}(\{mark}\d{{3}})+(\{point}\d+)?", digits):
            grouped = len(re.findall(rf"\{mark}", digits))
            if mark == "." and grouped == 1 and "," not in digits:
                break  # 1.234 is a decimal
            return digits.replace(mark, "").replace(point, ".")
    if "," in digits:
        raise DataError("has a comma that marks no thousands: one number or two")
    return digits


def parse_date(text: str, order: Order = "month first") -> Date:
    """Return the date that ``text`` states, to the precision that it has.

    ``2023-05-01``, ``2023/5/1``, ``5/1/2023`` by ``order``, ``1 May 2023``, ``May 1, 2023``, ``May 2023``,
    ``2023-05``, ``Q2 2023``, ``2023``, ``2023年5月1日``, with or without a time.  DataError says what is
    wrong.
    """
    words = re.sub(r"[T\s]+\d{1,2}:\d{2}.*$", "", text.strip())
    for pattern, read in _FORMS:
        if found := re.fullmatch(pattern, words, re.IGNORECASE):
            return read(found, order)
    raise DataError("is no date (2023-05-01, May 2023 and 2023 are)")


def slashed(text: str) -> tuple[int, int] | None:
    """Return the first two numbers of a date such as 5/1/2023, of which either may be the month."""
    found = re.match(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})\b", text.strip())
    return (int(found[1]), int(found[2])) if found else None


def _ymd(found: re.Match[str], _: Order) -> Date:
    return Date(day=_day(int(found[1]), int(found[2]), int(found[3])))


def _xyy(found: re.Match[str], order: Order) -> Date:
    first, second = int(found[1]), int(found[2])
    month, day = (first, second) if order == "month first" else (second, first)
    if month > 12 and day <= 12:  # only the other order makes sense of it
        month, day = day, month
    return Date(day=_day(_full_year(found[3]), month, day))


def _dmy_words(found: re.Match[str], _: Order) -> Date:
    return Date(day=_day(int(found[3]), _month(found[2]), int(found[1])))


def _mdy_words(found: re.Match[str], _: Order) -> Date:
    return Date(day=_day(int(found[3]), _month(found[1]), int(found[2])))


def _month_words(found: re.Match[str], _: Order) -> Date:
    return _middle(int(found[2]), _month(found[1]), 1, "month")


def _words_month(found: re.Match[str], _: Order) -> Date:
    return _middle(int(found[1]), _month(found[2]), 1, "month")


def _year_month(found: re.Match[str], _: Order) -> Date:
    return _middle(int(found[1]), int(found[2]), 1, "month")


def _quarter_year(found: re.Match[str], _: Order) -> Date:
    quarter, year = (found[1], found[2]) if len(found[1]) == 1 else (found[2], found[1])
    return _middle(int(year), 3 * int(quarter) - 2, 3, "quarter")


def _year(found: re.Match[str], _: Order) -> Date:
    return _middle(int(found[1]), 1, 12, "year")


_FORMS = (
    (r"(\d{4})(?:\.0+|\s*年)?", _year),
    (r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", _ymd),
    (r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]", _ymd),
    (r"(\d{4})(\d{2})(\d{2})", _ymd),
    (r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})", _xyy),
    (r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]+)\.?,?[\s-]+(\d{4})", _dmy_words),
    (r"([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", _mdy_words),
    (r"([a-z]+)\.?,?[\s-]+(\d{4})", _month_words),
    (r"(\d{4})[\s-]+([a-z]+)", _words_month),
    (r"(\d{4})\s*年\s*(\d{1,2})\s*月", _year_month),
    (r"(\d{4})[-/.](\d{1,2})", _year_month),
    (r"Q([1-4])[\s-]*(\d{4})", _quarter_year),
    (r"(\d{4})[\s-]*Q([1-4])", _quarter_year),
)


def _full_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < CENTURY_TURN else 1900)


def _month(word: str) -> int:
    month = MONTHS.get(word.casefold())
    if month is None:
        raise DataError(f"has no month called {word}")
    return month


def _day(year: int, month: int, day: int) -> datetime.date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DataError(f"lies outside {FIRST_YEAR} to {LAST_YEAR}")
    try:
        return datetime.date(year, month, day)
    except ValueError as error:
        raise DataError("is no day of the calendar") from error


def _middle(year: int, month: int, n_months: int, precision: Literal["month", "quarter", "year"]) -> Date:
    """Return the middle of the month, quarter or year that a date is known to."""
    first = _day(year, month, 1)
    end = (
        _day(year + (month + n_months > 12), (month + n_months - 1) % 12 + 1, 1)
        if year < LAST_YEAR
        else first
    )
    return Date(day=first + (end - first) / 2, precision=precision)
