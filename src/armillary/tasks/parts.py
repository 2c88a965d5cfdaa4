"""A text longer than a model can read, in parts that it can, cut where the text itself pauses."""

from __future__ import annotations

import re
from collections.abc import Callable

SENTENCE = re.compile(r"(?<=[.!?;:])\s+|(?<=[。！？；…])|(?<=\n)")  # where a sentence ends, in either script
PAUSE = re.compile(r"(?<=[,)\]])\s+|(?<=[，、）」』])")
WORD = re.compile(r"(?<=\s)")
IDEOGRAPH = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


def parts(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Return ``text`` in as few pieces as ``fits`` allows; joined they are ``text`` but for spaces between.

    It is cut at the ends of sentences; where a sentence alone is too long at its pauses, then between
    words, then anywhere.
    """
    return _parts(text, fits, [SENTENCE, PAUSE, WORD])


def joined(pieces: list[str]) -> str:
    """Return texts as one: a space between them, but none beside a Chinese or Japanese character."""
    out = ""
    for piece in filter(None, pieces):
        glued = not out or IDEOGRAPH.match(out[-1]) or IDEOGRAPH.match(piece[0])
        out += piece if glued else f" {piece}"
    return out


def _parts(text: str, fits: Callable[[str], bool], cuts: list[re.Pattern[str]]) -> list[str]:
    if fits(text):
        return [text]
    if not cuts:
        half = len(text) // 2
        return [*_parts(text[:half], fits, []), *_parts(text[half:], fits, [])] if half else [text]
    places = [match.end() for match in cuts[0].finditer(text)]
    out, start = [""], 0
    for end in [*places, len(text)]:
        piece = text[start:end]
        start = end
        if fits(out[-1] + piece):
            out[-1] += piece
        else:
            out += _parts(piece, fits, cuts[1:])
    return [piece.strip() for piece in out if piece.strip()]
