"""When each word of a recording was said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from armillary.tasks.segmentation import UNSPACED

PARTS = re.compile(f"[{UNSPACED}]| |[^{UNSPACED} ]+")


@dataclass(frozen=True)
class SaidWord:
    """A word and the seconds at which it begins and ends."""

    word: str
    start: float
    end: float


def words_said(
    pieces: Iterable[str], spans: Iterable[tuple[int, int]], seconds_a_step: float
) -> list[SaidWord]:
    """Return the words that ``pieces`` of text spell, with their times; ``spans`` are steps of each.

    A space begins a new word; a Chinese or Japanese character is one.
    """
    found: list[SaidWord] = []
    goes_on = False
    for piece, (first, end) in zip(pieces, spans, strict=True):
        begins, ends = first * seconds_a_step, end * seconds_a_step
        for part in PARTS.findall(piece):
            alone = re.fullmatch(f"[{UNSPACED}]", part) is not None
            if part == " ":
                goes_on = False
                continue
            if goes_on and not alone:
                found[-1] = SaidWord(found[-1].word + part, found[-1].start, ends)
            else:
                found.append(SaidWord(part, begins, ends))
            goes_on = not alone
    return found
