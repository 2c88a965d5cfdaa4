"""Numbers as a page shows them: typographic where ``core.units`` is for terminals."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from armillary.core.units import format_count, format_flop, format_usd
from armillary.fitting.uncertainty import Interval

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
MINUS = "−"
NONE = "–"  # where there is no number
_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "kappa": "κ"}


def count(value: float) -> str:
    """Return a count with three significant figures and a suffix: 12345678 -> ``12.3M``."""
    return format_count(value).replace("-", MINUS)


def ten_to(exponent: int) -> str:
    """Return a power of ten: 13 -> ``10¹³``."""
    return "10" + str(exponent).translate(_RAISED)


def flop(value: float) -> str:
    """Return compute in FLOP without its unit: 3.1e13 -> ``3.1×10¹³``."""
    mantissa, mark, exponent = format_flop(value).partition("e")
    return f"{mantissa}×{ten_to(int(exponent))}" if mark else mantissa


def flop_rate(value: float) -> str:
    """Return FLOP a second with its unit: 2.31e10 -> ``23.1 GFLOP/s``."""
    for size, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= 0.9995 * size:
            return f"{value / size:.3g} {prefix}FLOP/s"
    return f"{value:.3g} FLOP/s"


def loss(value: float) -> str:
    """Return a loss with four significant figures, at most four decimals: 1.2345 -> ``1.234``."""
    return f"{value:.{decimals(value, 4)}f}"


def percent(value: float, signed: bool = False) -> str:
    """Return a share as a percentage with two significant figures below ten: 0.0041 -> ``0.41%``."""
    digits = decimals(value * 100, 2) if abs(value) < 0.1 else 1 if abs(value) < 0.9995 else 0
    text = f"{abs(value) * 100:.{min(digits, 2)}f}%"
    if float(text[:-1]) == 0:
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def known(value: float | None, form: Callable[[float], str]) -> str:
    """Return ``value`` written by ``form``, or a dash where it is not known."""
    return NONE if value is None else form(value)


def signed_percent(value: float) -> str:
    """Return a difference as a percentage that always has its sign: ``+0.41%``."""
    return percent(value, signed=True)


def signed_score(value: float) -> str:
    """Return a difference of scores that run to 100, with its sign: ``+4.0``, ``−0.3``."""
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", MINUS)


def probability(value: float) -> str:
    """Return a probability from resampling: never certain, so 1.0 -> ``> 99%``."""
    if value > 0.99:
        return ">\u00a099%"
    return "<\u00a01%" if value < 0.01 else f"{value * 100:.0f}%"


def times(value: float) -> str:
    """Return a factor: 4.23 -> ``4.2×``."""
    if value < 10:
        return f"{value:.2g}×"
    return f"{value:,.0f}×" if value < 99_999.5 else f"{count(value)}×"


def usd(value: float) -> str:
    """Return money: below a cent -> ``< $0.01``."""
    return "<\u00a0$0.01" if 0 < value < 0.01 else format_usd(value)


def energy(value: float) -> str:
    """Return kilowatt-hours without the unit, two significant figures: below 0.01 -> ``< 0.01``."""
    return "<\u00a00.01" if 0 < value < 0.01 else plain(value, 2)


def plain(value: float, significant: int = 4) -> str:
    """Return any other number; very large and very small ones with a power of ten."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = significant - 1 - math.floor(math.log10(abs(value)))
    if 1e-4 <= abs(value) < 1e6:
        rounded = round(value, digits)
        text = f"{rounded:,.{max(digits, 0)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text.replace("-", MINUS)
    mantissa, _, exponent = f"{value:.{significant - 1}e}".partition("e")
    return f"{mantissa.replace('-', MINUS)}×{ten_to(int(exponent))}"


def endless(form: Callable[[float], str]) -> Callable[[float], str]:
    """Return ``form`` for numbers that may be infinite, which it writes as ``∞``."""
    return lambda value: form(value) if math.isfinite(value) else "∞"


def interval(span: Interval, form: Callable[[float], str] = loss) -> str:
    """Return an interval, its ends written by ``form``: ``[1.21, 1.26]``."""
    return f"[{form(span.low)}, {form(span.high)}]"


def greek(name: str) -> str:
    """Return a parameter's name as a letter where it is one: alpha -> ``α``, of a blend ``chinchilla α``."""
    law, _, own = name.rpartition(".")
    return f"{law} {_GREEK.get(own, own)}".strip()


def raised(formula: str) -> str:
    """Return a law's formula as HTML, exponents raised, those in parentheses too.

    ``A N^-alpha`` -> ``A N<sup>−α</sup>``; ``x^(1 / f)`` -> ``x<sup>1 / f</sup>``.
    """
    words = re.sub(r"[A-Za-z]+", lambda m: greek(m[0]), formula)

    def up(match: re.Match[str]) -> str:
        return f"<sup>{match[1].strip('()').replace('-', MINUS)}</sup>"

    return re.sub(r"\^(-?\w+|\([^()]*\))", up, words)


def decimals(value: float, significant: int) -> int:
    """Return how many decimals show ``significant`` figures of ``value``; at most four."""
    if value == 0 or not math.isfinite(value):
        return 0
    return min(4, max(0, significant - 1 - math.floor(math.log10(abs(value)))))
