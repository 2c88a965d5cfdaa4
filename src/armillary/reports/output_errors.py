"""Errors of texts that can be counted without reading them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping

from armillary.reports.output_text import n_words, units
from armillary.runs.judgement import Judged, Judgement

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_ADDRESS = re.compile(r"(?:https?://|www\.)[!-~]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_STUTTER = re.compile(r"([^\W\d]{2,8}?)\1\1|([^\W\d])\2{4}")  # inside a word: "lalala", "aaaaa"
_LONGEST_LOOP = 8  # units
_REPEATS = 3  # times in a row that make a loop
_SLACK = 2  # units by which short texts may always differ


def is_empty(example: Judged) -> bool:
    """Return whether nothing was written where something was wanted."""
    return not example.output.strip() and bool(example.reference.strip())


def is_copy(example: Judged) -> bool:
    """Return whether the output is the source, and should not have been."""
    source, reference, output = map(_plain, (example.source, example.reference, example.output))
    return output == source != reference


def is_too_short(example: Judged) -> bool:
    """Return whether the output has less than half of the reference's words, if it has any."""
    wanted, got = n_words(example.reference), n_words(example.output)
    return not is_empty(example) and 2 * got < wanted and wanted - got > _SLACK


def is_too_long(example: Judged) -> bool:
    """Return whether the output has more than twice the reference's words."""
    wanted, got = n_words(example.reference), n_words(example.output)
    return got > 2 * wanted and got - wanted > _SLACK


def loses_numbers(example: Judged) -> bool:
    """Return whether a number that source and reference share is missing from the output."""
    return _loses(_NUMBER, example)


def loses_addresses(example: Judged) -> bool:
    """Return whether a URL or an e-mail address that source and reference share is missing."""
    return _loses(_ADDRESS, example)


def loops(example: Judged) -> bool:
    """Return whether the output says something three times in a row, and the reference nothing."""
    return _repeats(example.output) and not _repeats(example.reference)


ERRORS: Mapping[str, Callable[[Judged], bool]] = {
    "empty": is_empty,
    "copied": is_copy,
    "short": is_too_short,
    "long": is_too_long,
    "numbers": loses_numbers,
    "addresses": loses_addresses,
    "loop": loops,
}


OF_RECORDINGS = ("empty", "short", "long", "loop")  # the errors that need no text as source


def errors_of(judgement: Judgement) -> dict[str, list[Judged]]:
    """Return the examples that have each kind of error; one may have several."""
    kinds = ERRORS if judgement.reads == "texts" else OF_RECORDINGS
    return {kind: [example for example in judgement.examples if ERRORS[kind](example)] for kind in kinds}


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _loses(pattern: re.Pattern[str], example: Judged) -> bool:
    source, reference, output = (
        Counter(
            found.rstrip(".,;:!?)'\">]") for found in pattern.findall(unicodedata.normalize("NFKC", text))
        )
        for text in (example.source, example.reference, example.output)
    )
    return bool((source & reference) - output)


def _repeats(text: str) -> bool:
    words = [unit.casefold() for unit in units(text) if unit[0].isalnum()]
    for length in range(1, _LONGEST_LOOP + 1):
        same = 0  # units that equal the one ``length`` before them, in a row
        for before, word in zip(words, words[length:], strict=False):
            same = same + 1 if word == before else 0
            if same >= length * (_REPEATS - 1):
                return True
    return _STUTTER.search(text) is not None
