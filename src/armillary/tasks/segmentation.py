"""Words and sentences of a text: Chinese and Japanese have no spaces and full stops of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
KANA = "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f"
UNSPACED = HAN + KANA  # characters that are a word each

WORD = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])[^\W_])+")
STOP = re.compile(r"(?:[.!?]+[\"'”’)\]]*(?=\s+[^\sa-z])|[。！？…]+[”’」』）]*|\n\s*\n|\n\s*(?=[-*•]\s))")
LAST_WORD = re.compile(r"[\w.]+$")
ABBREVIATIONS = {"e.g", "i.e", "etc", "vs", "cf", "resp", "approx", "incl", "no", "vol", "fig", "eq", "sec"}
TITLES = {"dr", "mr", "mrs", "ms", "prof", "st"}


def words(text: str) -> list[str]:
    """Return the words of ``text`` in lower case, without punctuation; an ideograph or kana is a word.

    Of text in ASCII these are the tokens of the ``rouge-score`` package without its stemmer.
    """
    return WORD.findall(text.lower())


def sentences(text: str) -> list[str]:
    """Return the sentences of ``text``, white space made single, never an empty one.

    A sentence ends at a full stop that a small letter does not follow (a Chinese one always ends it), at
    an empty line and before an item of a list.
    """
    return [flat for piece in _pieces(text) if (flat := " ".join(piece.split()))]


def _pieces(text: str) -> Iterator[str]:
    start = 0
    for stop in STOP.finditer(text):
        if stop.group()[0] == "." and _abbreviated(text[start : stop.start()]):
            continue
        yield text[start : stop.end()]
        start = stop.end()
    yield text[start:]


def _abbreviated(before: str) -> bool:
    """Whether the text before a full stop ends in an abbreviation or an initial, not in a sentence."""
    found = LAST_WORD.search(before)
    last = found.group() if found else ""
    return last.lower() in ABBREVIATIONS | TITLES or re.fullmatch("[A-Z]", last) is not None
