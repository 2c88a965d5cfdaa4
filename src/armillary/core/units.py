"""Quantities as people write them, and as a report shows them.

Counts, FLOP, seconds and bytes are plain numbers everywhere else; this is the only place that
knows suffixes.
"""

from __future__ import annotations

import math
import re

from armillary.core.errors import ConfigError

_COUNT = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12, "p": 1e15, "e": 1e18}
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_NUMBER = re.compile(r"^\s*([+-]?(?:\d[\d_,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)\s*$")


def parse_count(text: str | float) -> float:
    """Return the number meant by ``text``: ``1.3B``, ``300k``, ``3e20``, ``1_000`` or ``20,000``."""
    return _parse(text, _COUNT, "a count such as 300k, 1.3B or 3e20")


def parse_seconds(text: str | float) -> float:
    """Return the seconds meant by ``text``: ``90``, ``90s``, ``10m``, ``1.5h`` or ``2d``."""
    return _parse(text, _SECONDS, "a time such as 90s, 10m, 1.5h or 2d")


def _parse(text: str | float, suffixes: dict[str, float], allowed: str) -> float:
    if isinstance(text, int | float):
        return float(text)
    match = _NUMBER.match(text)
    scale = suffixes.get(match[2].lower()) if match else None
    if match is None or scale is None:
        raise ConfigError(f"{text!r} is not {allowed}")
    value = float(re.sub(r"[_,]", "", match[1])) * scale
    if not math.isfinite(value):
        raise ConfigError(f"{text!r} is too large to be {allowed}")
    return value


def format_count(value: float) -> str:
    """Return a count with three significant figures and a suffix: 12345678 -> ``12.3M``."""
    for size, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g}{suffix}"
    return f"{value:.3g}"


def format_flop(value: float) -> str:
    """Return an amount of compute in FLOP with a power of ten: ``3.14e+23`` -> ``3.1e23``."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    exponent = math.floor(math.log10(abs(value)))
    mantissa = value / 10.0**exponent
    if round(mantissa, 1) >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa:.1f}e{exponent}"


def format_seconds(value: float) -> str:
    """Return a duration in the two largest units that matter: 3725 -> ``1 h 02 min``."""
    if value < 60:
        return f"{value:.3g} s"
    if value < 3600:
        return f"{int(value // 60)} min {int(value % 60):02d} s"
    if value < 2 * 86400:
        return f"{int(value // 3600)} h {int(value % 3600 // 60):02d} min"
    if value < 3 * 365.25 * 86400:
        return f"{value / 86400:.3g} days"
    return f"{value / (365.25 * 86400):,.3g} years"


def format_bytes(value: float) -> str:
    """Return a size in memory or on disk: 1536 -> ``1.5 KiB``."""
    for size, suffix in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if value >= size:
            amount = value / size
            return f"{amount:.0f} {suffix}" if amount >= 999.5 else f"{amount:.3g} {suffix}"
    return f"{value:.0f} B"


def format_usd(value: float) -> str:
    """Return an amount of money in US dollars with a sensible number of digits."""
    if value < 0.01:
        return f"${value:.1g}" if value > 0 else "$0"
    if value < 100:
        return f"${value:.2f}"
    return f"${value:,.0f}" if value < 1e7 else f"${format_count(value)}"
