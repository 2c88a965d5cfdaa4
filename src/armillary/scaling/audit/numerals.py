"""Numbers as people write them in English and Chinese: 1.75 million, 3.14e23, 3×10^23, 175万, half a million.

A claim's text is normalised once (full-width digits, superscripts, fractions, special spaces) and every
other module works on the normalised text.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
WORDS = {word: float(i) for i, word in enumerate(ONES.split())} | {"single": 1.0}
WORDS |= {word: 10.0 * i for i, word in enumerate(DECADES.split(), start=2)}
SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
SUFFIXES = {"k": 1e3, "m": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9, "t": 1e12, "tn": 1e12} | SCALES
DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
TENS = {"十": 10.0, "百": 1e2, "千": 1e3}
MYRIADS = {"万": 1e4, "亿": 1e8}
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}
HYPHENS = str.maketrans("‐‑−", "---")
SEPARATORS = "[,'_]"
BOUND = 2.0  # "over X" is read as X to 2X, "under X" as X/2 to X
LOOSE = 0.1  # "nearly X" is read as 10% below X

DECIMAL_COMMA = r"\d{1,3},\d{1,2}(?=\s*(?:million|billion|trillion|[KMBT万亿]))"
PLAIN = DECIMAL_COMMA + r"|\d{1,3}(?:[,'_]\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3}){2,}(?!\d)|\d+(?:\.\d+)?|\.\d+"
POWER = (
    r"(?:[eE](?P<e>[+-]?\d{1,3})(?!\d)"
    r"|\s*(?:[x×*·]|乘以?|times)\s*10\s*(?:\^|\*\*|的)\s*\{?(?P<p>[+-]?\d{1,3})\}?(?:\s*次方)?)"
)
SUFFIX = (
    r"(?:(?:\s+|-)?(?P<word>(?:hundred\s+)?(?:thousand|million|billion|trillion)|hundred|mn|bn|tn)s?(?![A-Za-z])"
    r"|\s?(?P<upper>[KMBT])(?![A-Za-z0-9])|(?P<lower>[kmb])(?![A-Za-z0-9])"
    r"|\s?(?P<chinese>[十百千]*[万亿]+|[百千]))?"
)
TEN = r"(?<!\d)10\s*(?:\^|\*\*|的)\s*\{?(?P<tp>\d{1,3})\}?(?:\s*次方)?"
ARABIC = re.compile(rf"(?<![\w.])(?:(?P<ten>{TEN})|(?P<plain>{PLAIN}){POWER}?){SUFFIX}", re.ASCII)
_WORD = "|".join([*WORDS, *SCALES])
_LARGE = "hundred|thousand|million|billion|trillion"
_SPAN = "days?|weeks?|months?|years?"
ENGLISH = re.compile(
    rf"(?<![\w-])(?P<half>half\s+an?|a\s+quarter\s+of\s+an?|one\s+and\s+a\s+half|a\s+half)"
    rf"\s+(?P<of>{_LARGE})(?!\w)"
    rf"|(?<![\w-])(?P<part>half\s+an?|an?|a\s+single|single)(?=\s+(?:{_SPAN}|hour)(?!\w))"
    rf"|(?<![\w-])(?:an?\s+(?={_LARGE}|single))?"
    rf"(?P<words>(?:{_WORD})(?:(?:\s+and\s+|[\s-]+)(?:{_WORD}))*)(?!\w)",
    re.IGNORECASE,
)
_NUMERAL = "零〇一二两三四五六七八九十百千万亿点"
CHINESE = re.compile(rf"(?<![数几多第{_NUMERAL}])[{_NUMERAL}]+")
HALF = re.compile(r"半(?=个?(?:小时|天|周|星期|月|年))")
ONE = re.compile(r"单(?=张|块|卡|个|片|颗)")
BEFORE = {
    "over": "more than|greater than|at least|no less than|upwards of|in excess of|exceed(?:s|ed|ing)?"
    "|over|above|超过|超|逾|至少|不少于|不低于|大于|高达",
    "under": "less than|fewer than|no more than|at most|up to|below|under"
    "|不到|不足|少于|不超过|低于|最多|至多|小于",
    "nearly": "nearly|almost|close to|just under|接近|将近|近",
    "per": "per|each|every|每",
    "about": "about|around|roughly|approximately|approx\\.?|some|an estimated|estimated|circa|c\\.|~|≈"
    "|大约|大概|约为?",
}
AFTER_OVER = re.compile(r"\s?(?:多(?!模态|语)|余|\+(?!\d))")
JOIN = re.compile(r"\s*(?:-|–|—|~|～|to|and|到|至)\s*")


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number in a text, with the range that its words leave open."""

    value: float
    low: float
    high: float
    start: int
    end: int
    scale: float = 1.0  # the factor its scale word stands for: 1e6 in "1.75 million"
    bound: str = ""  # over, under, nearly, about; per: it is a measure, not an amount


def normalise(text: str) -> str:
    """Return ``text`` with the many ways of writing one character made one."""
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+", lambda m: "^" + m[0].translate(SUPERSCRIPTS), text)
    for sign, decimal in FRACTIONS.items():
        text = re.sub(rf"(\d)\s?{sign}", rf"\g<1>{decimal}", text).replace(sign, "0" + decimal)
    text = text.replace("，", ", ").replace("、", "、 ")
    text = unicodedata.normalize("NFKC", text)
    text = "".join(
        " " if unicodedata.category(c) in {"Cc", "Cf", "Co", "Zs"} and c != "\n" else c for c in text
    )
    return text.replace("億", "亿").replace("萬", "万").translate(HYPHENS)


def find_numbers(text: str) -> list[Number]:
    """Return the numbers of a normalised text, in order, ranges joined and their bounds read."""
    found: list[Number] = []
    taken = 0
    for number in sorted([*_arabic(text), *_english(text), *_chinese(text)], key=lambda n: (n.start, -n.end)):
        if number.start >= taken and math.isfinite(number.value):
            found.append(number)
            taken = number.end
    return [_bounded(number, text) for number in _ranges(found, text)]


def _arabic(text: str) -> Iterator[Number]:
    for match in ARABIC.finditer(text):
        digits = match["plain"] or "10"
        if digits.count(".") > 1:
            digits = digits.replace(".", "")
        if re.fullmatch(r"\d+,\d{1,2}", digits):
            digits = digits.replace(",", ".")
        if re.search(r"(?:^|\s)-$", text[max(0, match.start() - 2) : match.start()]):
            continue  # a negative amount is none of training
        power = match["e"] or match["p"]
        exponent = int(power) if power else int(match["tp"]) - 1 if match["tp"] else 0
        scale = _scale(match["word"] or match["upper"] or match["lower"], match["chinese"])
        value = float(f"{re.sub(SEPARATORS, '', digits)}e{exponent}") * scale
        yield Number(value=value, low=value, high=value, start=match.start(), end=match.end(), scale=scale)


def _scale(english: str | None, chinese: str | None) -> float:
    if chinese:
        return math.prod((TENS | MYRIADS)[c] for c in chinese)
    return math.prod(SUFFIXES[word.lower()] for word in english.split()) if english else 1.0


def _english(text: str) -> Iterator[Number]:
    for match in ENGLISH.finditer(text):
        if match["half"]:
            part = match["half"].lower()
            share = 0.25 if "quarter" in part else 1.5 if part.startswith("one") else 0.5
            value, scale = share * SCALES[match["of"].lower()], SCALES[match["of"].lower()]
        elif match["part"]:
            value, scale = 0.5 if match["part"].lower().startswith("half") else 1.0, 1.0
        else:
            value, scale = _spelt([w for w in re.split(r"[\s-]+", match["words"].lower()) if w != "and"])
        yield Number(value=value, low=value, high=value, start=match.start(), end=match.end(), scale=scale)


def _spelt(words: list[str]) -> tuple[float, float]:
    total, group, scale = 0.0, 0.0, 1.0
    for word in words:
        if word == "hundred":
            group = (group or 1.0) * 100
        elif word in SCALES:
            scale = SCALES[word]
            total, group = total + (group or 1.0) * scale, 0.0
        else:
            group += WORDS[word]
    return total + group, scale


def _chinese(text: str) -> Iterator[Number]:
    for pattern, part in ((HALF, 0.5), (ONE, 1.0)):
        for match in pattern.finditer(text):
            yield Number(value=part, low=part, high=part, start=match.start(), end=match.end())
    for match in CHINESE.finditer(text):
        value = _chinese_value(match[0])
        if value is not None:
            scale = math.prod(MYRIADS[c] for c in match[0] if c in MYRIADS)
            yield Number(
                value=value, low=value, high=value, start=match.start(), end=match.end(), scale=scale
            )


def _chinese_value(text: str) -> float | None:
    """Return what a numeral such as 一千七百五十亿 or 三点一四 is worth; None where it is no numeral."""
    total = section = digit = 0.0
    decimal = 0.0  # weight of the next digit behind 点
    for char in text:
        if char == "点":
            if decimal:
                return None
            decimal = 0.1
        elif char in DIGITS:
            digit, decimal = (
                (digit + decimal * DIGITS[char], decimal / 10) if decimal else (DIGITS[char], 0.0)
            )
        elif char in TENS:
            section, digit = section + (digit or 1.0) * TENS[char], 0.0
        else:
            total = (total + section + digit or 1.0) * MYRIADS[char]
            section = digit = decimal = 0.0
    return total + section + digit if text.strip("点") == text else None


def _ranges(numbers: list[Number], text: str) -> Iterator[Number]:
    """Join 3 to 4 million, 3,000-4,000 and 1万2千: the smaller scale of a range is that of the larger."""
    pending: Number | None = None
    for number in numbers:
        if pending is None:
            pending = number
            continue
        between = text[pending.end : number.start]
        if not between and pending.scale >= 1e4 and 1 < number.scale < pending.scale:
            value = pending.value + number.value
            pending = replace(pending, value=value, low=value, high=value, end=number.end)
        elif JOIN.fullmatch(between) and _is_range(pending, number, between, text):
            low = pending.value * (number.scale if pending.scale == 1 else 1.0)
            pending = replace(number, value=math.sqrt(low * number.value), low=low, start=pending.start)
        else:
            yield pending
            pending = number
    if pending is not None:
        yield pending


def _is_range(first: Number, second: Number, between: str, text: str) -> bool:
    if between.strip() == "and" and not text[
        max(0, first.start - 12) : first.start
    ].lower().rstrip().endswith("between"):
        return False
    low = first.value * (second.scale if first.scale == 1 else 1.0)
    return 0 < low < second.value <= 1e3 * low


def _ends(before: str, words: str) -> bool:
    return re.search(rf"(?:{words})\s*[$¥]?\s*$", before, re.IGNORECASE) is not None


def _bounded(number: Number, text: str) -> Number:
    before, value = text[max(0, number.start - 24) : number.start], number.value
    bound = next((name for name, words in BEFORE.items() if _ends(before, words)), "")
    extra = AFTER_OVER.match(text, number.end)
    if extra:
        number, bound = replace(number, end=extra.end()), "over"
    reach = {"over": (1.0, BOUND), "under": (1 / BOUND, 1.0), "nearly": (1 - LOOSE, 1.0)}.get(
        bound, (1.0, 1.0)
    )
    if number.low < number.high:
        reach = (1.0, 1.0)
    return replace(number, low=number.low * reach[0], high=number.high * reach[1], value=value, bound=bound)
