"""Tokens as text, put together to the words that people read."""

from __future__ import annotations

import re
from collections.abc import Sequence

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA = r"\u3040-\u30ff\u31f0-\u31ff"

_UNSPACED = re.compile(f"[{HAN}{KANA}]")

Groups = list[list[int]]


def words_of(pieces: Sequence[str]) -> Groups:
    """Return which pieces make up each word, in order; every piece is in one.

    A piece goes on with the word before it when both are letters or digits of a script that sets words
    apart and no space is between them; of Chinese and Japanese each piece stands for itself.  An empty
    piece (the beginning of a character) belongs to the piece behind it.
    """
    groups: Groups = []
    before = ""
    for group in _characters(pieces):
        text = pieces[group[-1]]
        if _goes_on(before, text):
            groups[-1] += group
        else:
            groups.append(group)
        before = text
    return groups


def _characters(pieces: Sequence[str]) -> Groups:
    """Return pieces with the empty ones before them, which begin their first character."""
    groups, held = [], []
    for i, piece in enumerate(pieces):
        held.append(i)
        if piece:
            groups.append(held)
            held = []
    return groups + ([held] if held else [])


def _goes_on(before: str, piece: str) -> bool:
    if not before or not piece or _UNSPACED.match(before[-1]) or _UNSPACED.match(piece[0]):
        return False
    return bool(re.fullmatch(r"\w\w", before[-1] + piece[0]))
