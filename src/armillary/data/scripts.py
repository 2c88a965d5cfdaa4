"""Which writing systems a text is written in, told by the Unicode blocks of its letters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

# First and last code point of the blocks that hold a script's letters (Unicode 16, Scripts.txt), without
# those that only scholars need.  Signs inside a block (× and ÷ in Latin) are too rare to matter.
BLOCKS: dict[str, tuple[tuple[int, int], ...]] = {
    "Latin": (
        (0x41, 0x5A),
        (0x61, 0x7A),
        (0xC0, 0x24F),
        (0x1E00, 0x1EFF),
        (0xFF21, 0xFF3A),
        (0xFF41, 0xFF5A),
    ),
    "Greek": ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    "Cyrillic": ((0x400, 0x52F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)),
    "Armenian": ((0x531, 0x58F),),
    "Hebrew": ((0x591, 0x5FF), (0xFB1D, 0xFB4F)),
    "Arabic": (
        (0x620, 0x65F),
        (0x66E, 0x6EF),
        (0x6FA, 0x6FF),
        (0x750, 0x77F),
        (0x8A0, 0x8FF),
        (0xFB50, 0xFDFF),
    ),
    "Devanagari": ((0x900, 0x963), (0x970, 0x97F)),
    "Bengali": ((0x980, 0x9E5), (0x9F0, 0x9FF)),
    "Gurmukhi": ((0xA01, 0xA65), (0xA70, 0xA7F)),
    "Gujarati": ((0xA81, 0xAE5), (0xAF0, 0xAFF)),
    "Tamil": ((0xB82, 0xBE5),),
    "Telugu": ((0xC00, 0xC65),),
    "Kannada": ((0xC80, 0xCE5),),
    "Malayalam": ((0xD00, 0xD65),),
    "Sinhala": ((0xD81, 0xDE5),),
    "Thai": ((0xE01, 0xE4F),),
    "Lao": ((0xE81, 0xECF), (0xEDC, 0xEDF)),
    "Tibetan": ((0xF40, 0xFBC),),
    "Burmese": ((0x1000, 0x103F), (0x1050, 0x108F)),
    "Georgian": ((0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)),
    "Ethiopic": ((0x1200, 0x1368), (0x1380, 0x139F), (0x2D80, 0x2DDF)),
    "Khmer": ((0x1780, 0x17DD),),
    "Mongolian": ((0x1820, 0x18AA),),
    "Kana": ((0x3041, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F)),
    "Bopomofo": ((0x3105, 0x312F),),
    "Hangul": ((0x1100, 0x11FF), (0x3131, 0x318E), (0xAC00, 0xD7FB)),
    "Han": ((0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)),
}
SCRIPTS = tuple(BLOCKS)
TOGETHER = {"Kana": ("Kana", "Han"), "Hangul": ("Hangul", "Han")}  # scripts that one language mixes

_ranges = sorted(
    (first, last, SCRIPTS.index(name)) for name, blocks in BLOCKS.items() for first, last in blocks
)
_FIRST, _LAST, _SCRIPT = np.array(_ranges).T


def scripts_in(texts: Sequence[str]) -> Bool[np.ndarray, "texts scripts"]:
    """Return whether each text has a letter of each of ``SCRIPTS``."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    owners = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    block = np.searchsorted(_FIRST, codes, side="right") - 1
    letters = (block >= 0) & (codes <= _LAST[block])
    found = np.zeros((len(texts), len(SCRIPTS)), bool)
    found[owners[letters], _SCRIPT[block[letters]]] = True
    return found


def main_scripts(found: Bool[np.ndarray, "texts scripts"], at_least: float) -> list[int]:
    """Return the places in ``SCRIPTS`` of what the texts are written in; none when they have no one script.

    That is the script which most texts have letters of, ``at_least`` being the share of the texts with any;
    with it the scripts that its language mixes, as Japanese does Han and Kana.
    """
    written = found[found.any(axis=1)]
    if not len(written):
        return []
    shares = written.mean(axis=0)
    main = SCRIPTS[int(shares.argmax())]
    if main == "Han":  # Japanese has more texts with Han than with Kana where they are titles
        main = next((other for other in TOGETHER if shares[SCRIPTS.index(other)] > 0.2), main)
    together = [SCRIPTS.index(name) for name in TOGETHER.get(main, (main,))]
    return together if written[:, together].any(axis=1).mean() >= at_least else []
