"""How an audit speaks English and Chinese: its sentences (phrases.json beside this file) and its numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from armillary.core.units import format_count, format_flop

Language = Literal["en", "zh"]

WORDS = json.loads(Path(__file__).with_name("phrases.json").read_text(encoding="utf-8"))
UNITS_ZH: dict[str, str] = WORDS["units_zh"]


def say(language: Language, key: str, **values: str) -> str:
    """Return one sentence of an audit."""
    template: str = WORDS[language][key]
    return template.format(**values)


def amount(value: float, language: Language) -> str:
    """Return a count as people write it: 148,000 and 175B, or 14.8万 and 1750亿."""
    if value >= 1e16:
        return format_flop(value)
    if value < 1e6:
        return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    if language == "zh":
        size, sign = (1e12, "万亿") if value >= 1e12 else (1e8, "亿") if value >= 1e8 else (1e4, "万")
        return f"{value / size:.4g}{sign}"
    return format_count(value) if value >= 1e9 else f"{value / 1e6:.4g}M" if value >= 1e7 else f"{value:,.0f}"


def with_unit(value: float, unit: str, language: Language) -> str:
    """Return an amount and its unit in the language of the audit."""
    if unit == "%":
        return share(value / 100)
    if language == "zh":
        return f"{amount(value, language)} {UNITS_ZH.get(unit, unit)}"
    if (
        unit in UNITS_ZH
        and not unit.isupper()
        and "CO2" not in unit
        and "/" not in unit
        and round(value, 2) != 1
    ):
        unit += "s"
    return f"{amount(value, language)} {unit}".strip()


def unit_name(unit: str, language: Language) -> str:
    """Return the plural of a unit in English, its name in Chinese."""
    if language == "zh":
        return UNITS_ZH.get(unit, unit)
    return unit if unit.isupper() or "CO2" in unit or "Wh" in unit or "FLOP" in unit else unit + "s"


def share(value: float) -> str:
    """Return a share of one as a percentage with two significant figures."""
    return f"{100 * value:.2g}%" if value < 0.995 else f"{100 * value:,.0f}%"


def times(factor: float) -> str:
    """Return a ratio of at least one as a reader wants it: 1.8, 12, 1,000."""
    return f"{factor:.2g}" if factor < 10 else f"{factor:,.0f}" if factor < 1e6 else f"{factor:.1e}"
