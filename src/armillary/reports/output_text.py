"""Texts that models wrote, in any script: their length, and how a page shows them."""

from __future__ import annotations

import difflib
import re
import unicodedata

from markupsafe import Markup, escape

from armillary.runs.pieces import HAN, KANA

_UNIT = re.compile(rf"[{HAN}{KANA}]|[^\W{HAN}{KANA}]+|[^\w\s]")
_PIECE = re.compile(rf"[{HAN}{KANA}]|\s+|[^\s{HAN}{KANA}]+")
_LONGEST = 600  # characters of one text on a page


def units(text: str) -> list[str]:
    """Return the words of ``text``; where words are not set apart (Chinese, Japanese) its characters.

    A mark of punctuation is a unit of its own.
    """
    return _UNIT.findall(text)


def n_words(text: str) -> int:
    """Return how many words, or characters of Chinese and Japanese, ``text`` has, punctuation not counted."""
    return sum(unit[0].isalnum() for unit in units(text))


def language(text: str) -> str:
    """Return the value of ``lang`` that shows ``text`` in the right glyphs; empty where any will do."""
    if re.search(f"[{KANA}]", text):
        return "ja"
    return "zh-Hans" if re.search(f"[{HAN}]", text) else ""


def shown(text: str) -> str:
    """Return ``text`` with control characters made visible, which HTML does not allow, and cut if long."""
    seen = "".join(_picture(char) for char in text[:_LONGEST])
    return seen + (f" … (+{len(text) - _LONGEST:,})" if len(text) > _LONGEST else "")


def marked(text: str, other: str) -> Markup:
    """Return ``text`` as HTML, what ``other`` does not have at that place underlined."""
    mine, theirs = (_PIECE.findall(shown(side)) for side in (text, other))
    matcher = difflib.SequenceMatcher(None, mine, theirs, autojunk=False)
    parts, end = [], 0
    for start, _, size in matcher.get_matching_blocks():
        own = "".join(mine[end:start])
        parts += [Markup("<u>{}</u>").format(own) if own.strip() else escape(own)]
        parts += [escape("".join(mine[start : start + size]))]
        end = start + size
    return Markup("").join(parts)


def _picture(char: str) -> str:
    """Return the symbol of a control character (U+2400 and up), and any other character as it is."""
    if char in "\n\t" or unicodedata.category(char) != "Cc":
        return char
    return chr(0x2400 + ord(char)) if ord(char) < 0x20 else "\u2421" if char == "\x7f" else "\ufffd"
