"""python -m benchmarks.short_sentences FILE: texts for a machine to read to a recogniser of English.

Numbers, letters, days and commands, and short sentences of LibreOffice's help, which Debian packages.
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

from armillary.core.files import write_text
from armillary.data.sources import LibreOfficeHelp
from armillary.data.vocabulary import ENGLISH

SENTENCES = 5000
FEWEST, MOST = 3, 9  # words
END = re.compile(r"(?<=[.!?:;])\s+")
PLAIN = re.compile(r"[A-Za-z' ,]+")


def short_sentences() -> list[str]:
    """Return different sentences of plain words from the training split, in a fixed random order."""
    found: dict[str, None] = {}
    for pair in LibreOfficeHelp().split("train"):
        for part in END.split(pair.source):
            sentence = part.strip(" .:;!?")
            if FEWEST <= len(sentence.split()) <= MOST and PLAIN.fullmatch(sentence):
                found[sentence.lower()] = None
    sentences = list(found)
    random.Random(0).shuffle(sentences)
    return sentences[:SENTENCES]


def main() -> int:
    """Write the vocabulary twice, for single words are hard, and the sentences between."""
    if len(sys.argv) != 2:
        print("python -m benchmarks.short_sentences FILE", file=sys.stderr)
        return 2
    sentences = short_sentences()
    half = len(sentences) // 2
    lines = [*ENGLISH, *sentences[:half], *ENGLISH, *sentences[half:]]
    write_text(Path(sys.argv[1]), "\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
