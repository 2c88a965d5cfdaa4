"""The units that audits read: the pattern behind a number, the kind it makes, its factor to base units.

Patterns run without regard to case, on text whose names of models and hardware are masked (``names.masked``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from armillary.scaling.audit.names import HARDWARE

Kind = Literal[
    "params",
    "active_params",
    "tokens",
    "devices",
    "duration",
    "device_time",
    "compute",
    "rate",
    "throughput",
    "utilisation",
    "money",
    "energy",
    "emissions",
]
Unit = tuple[str, float]  # its name, and how many base units it is
Reader = Callable[
    [re.Match[str], float], Unit | None
]  # from the match and the number before it; None: not it
Rule = tuple[Kind, re.Pattern[str], Reader]

CNY_PER_USD = 7.1  # assumed: 6.3 to 7.3 from 2018 to 2025 (People's Bank of China, central parity)
DEVICES_PER_NODE = 8  # of a DGX and its like
RATE_BELOW = 1e20  # "28 TFLOPs" is a speed, "2500 exaFLOPs" an amount: no cluster does 1e20 FLOP/s at 16 bits
HOUR, DAY, YEAR = 3600.0, 86400.0, 365.25 * 86400.0
TIMES = {
    "second": (1.0, r"seconds?|secs?|秒钟?"),
    "minute": (60.0, r"minutes?|mins?|分钟"),
    "hour": (HOUR, r"hours?|hrs?|小时|h(?![a-z])"),
    "day": (DAY, r"days?|天|d(?![a-z])"),
    "week": (7 * DAY, r"weeks?|周|个?星期"),
    "month": (YEAR / 12, r"months?|个?月"),
    "year": (YEAR, r"years?|yrs?|年(?!代|级|度|月)"),
}
PREFIXES = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15, "e": 1e18, "z": 1e21, "y": 1e24}

ANY_TIME = "|".join(words for _, words in TIMES.values())
PREFIX = r"(?:(?P<prefix>kilo|mega|giga|tera|peta|exa|zetta|yotta|[GTPEZY])[\s-]?)"
NOUN = r"GPUs?|TPUs?|NPUs?|chips?|accelerators?|cards?|devices?|显卡|加速卡|加速器|计算卡|芯片|卡"
NAMED = rf"(?:\d{{2,3}}\s?GB?[\s-]+)?{HARDWARE}+s?(?:[\s-]*(?:{NOUN}))?"
DEVICE = rf"(?:{NAMED}|(?:NVIDIA\s+|英伟达\s*)?(?:{NOUN}))"
NODES = r"(?:\s*\([^()]{1,12}\))?[\s-]*(?:GPU\s+)?(?:nodes?|servers?|machines?|节点|服务器)"
COUNTER = r"(?:个|块|张|片|颗|枚|台|路|[x×*](?=\s*\ue001))?\s*"
STOP = r"(?:param|on\b|with\b|for\b|from\b|using\b|in\b|per\b)"
ADJECTIVES = rf"(?:(?!{STOP})[a-z][a-z-]*,?\s+){{0,4}}?"
ACTIVE = r"activ(?:e|ated?)"
PER_SECOND = r"(?:/\s*s(?:ec(?:onds?)?)?(?![a-z])|per\s+second|/\s*秒|每秒)"
PER_DEVICE = rf"(?:\s*(?:/|per|each|每)\s*(?:个|块|张)?\s*{DEVICE})?"
PER_HOUR = r"\s*(?:/|per|an?|每)\s*(?:GPU[\s-]?)?(?:hour|hr|h(?![a-z])|小时|时)"
PRICE = rf"(?P<price>{PER_HOUR})?"
WORD_END = r"(?![a-z])"
LATER = r"(?!\s*(?:ago|later|earlier|old|前|后|之前|之后))"


def _fixed(name: str, factor: float = 1.0) -> Reader:
    def unit(_match: re.Match[str], _number: float) -> Unit:
        return name, factor

    return unit


def _prefixed(name: str, factor: float = 1.0, below: float | None = None) -> Reader:
    """Return a reader of ``name`` behind a metric prefix; with ``below``, of small amounts with one only."""

    def unit(match: re.Match[str], number: float) -> Unit | None:
        prefix = match["prefix"]
        size = PREFIXES[prefix[0].lower()] if prefix else 1.0
        if below is not None and (not prefix or number * size >= below):
            return None
        sign = prefix[0].upper() if prefix else ""
        return f"{'k' if sign == 'K' else sign}{name}", size * factor

    return unit


def _flop_time(match: re.Match[str], _number: float) -> Unit:
    sign, size = match["prefix"][0].upper(), PREFIXES[match["prefix"][0].lower()]
    time = "day" if match["time"] == "日" else _time_named(match["time"])
    return f"{sign}FLOP/s-{time}", size * TIMES[time][0]


def _time_named(word: str) -> str:
    return next(name for name, (_, words) in TIMES.items() if re.fullmatch(words, word, re.IGNORECASE))


def _mass(match: re.Match[str], _number: float) -> Unit:
    small = re.match(r"kg|kilograms?|千克|公斤", match["mass"], re.IGNORECASE)
    return ("kg CO2", 1e-3) if small else ("t CO2", 1.0)


def _devices(match: re.Match[str], _number: float) -> Unit:
    return ("node", DEVICES_PER_NODE) if match["nodes"] else ("device", 1.0)


def _currency(name: str, factor: float) -> Reader:
    """Return a reader of money that leaves prices per hour alone."""

    def unit(match: re.Match[str], _number: float) -> Unit | None:
        return None if match["price"] else (name, factor)

    return unit


def _duration(name: str, factor: float) -> Reader:
    """Return a reader of a length of time that leaves dates such as 2020年 alone."""

    def unit(_match: re.Match[str], number: float) -> Unit | None:
        return None if name == "year" and 1900 <= number <= 2100 else (name, factor)

    return unit


def _rule(kind: Kind, pattern: str, unit: Reader) -> Rule:
    return kind, re.compile(rf"\s*-?{pattern}", re.IGNORECASE), unit


def _device_times() -> Iterator[Rule]:
    short = {"hour": "|时", "day": "|日"}
    for name, (factor, words) in TIMES.items():
        unit, both = _fixed(f"GPU-{name}", factor), words + short.get(name, "")
        yield _rule("device_time", rf"{COUNTER}{DEVICE}[\s\-·*.]*(?:{both}){WORD_END}", unit)
        yield _rule("device_time", rf"(?:{words})\s*(?:of|的)\s*{DEVICE}", unit)


def _durations() -> Iterator[Rule]:
    for name, (factor, words) in TIMES.items():
        pattern = rf"\s*(?:full\s+|consecutive\s+|straight\s+)?个?多?(?:{words}){WORD_END}{LATER}"
        yield _rule("duration", pattern, _duration(name, factor))


PARAMETERS = rf"个?的?(?:{ACTIVE}\s+|total\s+|trainable\s+|model\s+|激活)?(?:param(?:eter)?s?{WORD_END}|参数)"
TOKENS = rf"(?:tokens?{WORD_END}|词元|标记|令牌)"
FLOP_TIME = rf"{PREFIX}(?:FLOPS?(?:/s)?|F/s|Fs?)(?:[\s\-·]|/s)*(?P<time>{ANY_TIME}|日){WORD_END}"
MASS = r"(?:metric\s+)?(?P<mass>tonnes?|tons?|t|kg|kilograms?|吨|公斤|千克)\s*(?:of\s+)?的?"
CARBON = r"(?:CO2|carbon|二氧化碳|碳)"
DOLLARS = r"(?:(?:US\s+|U\.S\.\s+)?dollars?|USD|bucks|美元|美金)"

# the first rule that fits counts, so the longer units come before those they begin with
RULES: tuple[Rule, ...] = (
    _rule("params", PARAMETERS, _fixed("parameter")),
    _rule("active_params", rf"{ACTIVE}{WORD_END}", _fixed("parameter")),
    _rule("throughput", rf"个?\s*{TOKENS}\s*{PER_SECOND}{PER_DEVICE}", _fixed("token/s")),
    _rule("throughput", rf"tokens?\s*(?:/|per)\s*{DEVICE}\s*{PER_SECOND}", _fixed("token/s")),
    _rule("throughput", rf"tokens?\s+per\s+{DEVICE}\s+{PER_SECOND}", _fixed("token/s")),
    _rule("tokens", rf"个?\s*{ADJECTIVES}{TOKENS}", _fixed("token")),
    *_device_times(),
    _rule("compute", FLOP_TIME, _flop_time),
    _rule("rate", rf"{PREFIX}?FLOP(?:s?\s*{PER_SECOND}|s?ps{WORD_END}){PER_DEVICE}", _prefixed("FLOP/s")),
    _rule("rate", rf"{PREFIX}?FLOPS{WORD_END}{PER_DEVICE}", _prefixed("FLOP/s", below=RATE_BELOW)),
    _rule("compute", rf"{PREFIX}?(?:FLOPS?{WORD_END}|floating[\s-]point\s+operations?)", _prefixed("FLOP")),
    _rule("compute", r"次?的?浮点(?:运算|计算|操作)", _fixed("FLOP")),
    _rule("energy", rf"(?P<prefix>[kMGT])\s?Wh{WORD_END}", _prefixed("Wh", 1e-3)),
    _rule("energy", r"(?P<prefix>kilo|mega|giga|tera)watt[\s-]?hours?", _prefixed("Wh", 1e-3)),
    _rule("energy", r"(?:千瓦时|度电?(?!过))", _fixed("kWh")),
    _rule("energy", r"兆瓦时", _fixed("MWh", 1e3)),
    _rule("energy", r"吉瓦时", _fixed("GWh", 1e6)),
    _rule("emissions", MASS + CARBON, _mass),
    _rule("money", rf"{DOLLARS}{PRICE}", _currency("USD", 1.0)),
    _rule("money", rf"(?:元人民币|人民币|元|块钱|yuan|RMB|CNY){PRICE}", _currency("CNY", 1 / CNY_PER_USD)),
    _rule("devices", rf"{COUNTER}(?:of\s+)?的?{DEVICE}(?P<nodes>{NODES})?{WORD_END}", _devices),
    *_durations(),
)


def _label(kind: Kind, words: str, unit: Unit) -> tuple[Kind, re.Pattern[str], Unit]:
    joined = r"(?:\s*(?:为|是|达到?|共|有|约|约为|大约|超过|:|=|of|is|was|were|about|over))*\s*$"
    return kind, re.compile(rf"(?:{words}){joined}", re.IGNORECASE), unit


# words before a number that has no unit behind it
LABELS: tuple[tuple[Kind, re.Pattern[str], Unit], ...] = (
    _label("params", r"参数(?:量|规模|数|总量|总数)?|parameters?", ("parameter", 1.0)),
    _label("tokens", r"(?:token|词元)s?(?:数量?|总量)?", ("token", 1.0)),
    _label("device_time", rf"(?:{NOUN})[\s-]*(?:hours?|小时数?|时数?)", ("GPU-hour", HOUR)),
    _label("device_time", rf"(?:{NOUN})[\s-]*(?:days?|天数?)", ("GPU-day", DAY)),
    _label("compute", r"FLOPs?|浮点运算(?:次数|量)?|计算量", ("FLOP", 1.0)),
)
