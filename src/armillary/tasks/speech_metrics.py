"""How many words, and how many characters, of what was said were heard wrong.

    error rate = (substituted + deleted + inserted) / those of the reference

over all recordings together, so that a long one counts more, by the alignment with the fewest edits (jiwer).
Before that both sides are brought to one form (``normalized``): neither capitals nor punctuation are heard.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from armillary.core.errors import MissingExtraError
from armillary.tasks.resampling import Statistics, interval
from armillary.tasks.segmentation import UNSPACED

TONES = "\u02b0-\u02ff"  # letters that modify, and marks of tones, which NFKC would tear off their syllable
PLAIN = re.compile(f"[^{TONES}]+")
BETWEEN_UNSPACED = re.compile(f"(?<=[{UNSPACED}]) (?=[{UNSPACED}])")
SUBSTITUTED, DELETED, INSERTED, WANTED = range(4)


def normalized(text: str) -> str:
    """Return what can be heard of a text.

    NFKC and lower case, without punctuation (but don't stays a word), a space between words, each Chinese
    or Japanese character a word of its own.
    """
    plain = PLAIN.sub(lambda part: unicodedata.normalize("NFKC", part.group()), text).lower()
    letters = "".join(c if _is_heard(c) else " " for c in plain.replace("’", "'"))
    spaced = re.sub(f"([{UNSPACED}])", r" \1 ", letters)
    return " ".join(word for part in spaced.split() if (word := part.strip("'")))


def spoken(text: str) -> str:
    """Return ``normalized`` text as it is written: no space between Chinese or Japanese characters."""
    return BETWEEN_UNSPACED.sub("", normalized(text))


def _is_heard(character: str) -> bool:
    # Vowels of Hindi and Thai are marks upon a letter.
    marks = unicodedata.category(character)[0] == "M" or re.match(f"[{TONES}]", character) is not None
    return character.isalnum() or character == "'" or marks


def speech_statistics(heard: Sequence[str], said: Sequence[str]) -> dict[str, Statistics]:
    """Return edits of each recording by words (``wer``) and by characters, spaces aside (``cer``).

    ValueError when the two differ in number.
    """
    if len(heard) != len(said):
        raise ValueError(f"{len(heard)} texts were heard of {len(said)} that were said")
    ours, references = ([normalized(text) for text in side] for side in (heard, said))
    words = [text.split() for text in ours], [text.split() for text in references]
    characters = (
        [list(text.replace(" ", "")) for text in ours],
        [list(text.replace(" ", "")) for text in references],
    )
    return {
        "wer": Statistics(_edits(*words), error_rate),
        "cer": Statistics(_edits(*characters), error_rate),
    }


def error_rate(sums: Float[np.ndarray, "*batch 4"]) -> Float[np.ndarray, "*batch"]:
    """Return edits per unit of the reference; where that is silent, how many units were heard."""
    rates: np.ndarray = np.asarray(sums[..., :WANTED].sum(-1) / np.maximum(sums[..., WANTED], 1))
    return rates


def speech_metrics(
    statistics: Mapping[str, Statistics], groups: Mapping[str, Sequence[str]] | None = None
) -> dict[str, float]:
    """Return both error rates with their 95% intervals, and the share of recordings without an error.

    ``statistics`` are those of ``speech_statistics``; ``groups`` are further breakdowns, such as
    ``{"speaker": [...]}``, one value for each recording: then there is a ``wer@speaker=NAME`` for each.
    """
    metrics: dict[str, float] = {}
    for name, each in statistics.items():
        low, high = interval(each)
        metrics |= {name: each.corpus, f"{name}_low": low, f"{name}_high": high}
    counts = statistics["wer"].counts
    metrics["exact_matches"] = float((counts[:, :WANTED].sum(1) == 0).mean())
    for group, values in (groups or {}).items():
        of = np.array(values)
        for value in sorted(set(values)):
            metrics[f"wer@{group}={value}"] = float(error_rate(counts[of == value].sum(0)))
    return metrics


def _edits(heard: Sequence[list[str]], said: Sequence[list[str]]) -> Float[np.ndarray, "n 4"]:
    """Return (substituted, deleted, inserted, units of the reference) of each recording."""
    try:
        from jiwer import process_words
    except ImportError as error:
        raise MissingExtraError("judging speech", "speech", "jiwer") from error
    counts = np.zeros((len(said), 4))
    for row, ours, reference in zip(counts, heard, said, strict=True):
        row[WANTED] = len(reference)
        if reference:  # jiwer takes no empty reference
            found = process_words(" ".join(reference), " ".join(ours))
            row[:WANTED] = found.substitutions, found.deletions, found.insertions
        else:
            row[INSERTED] = len(ours)
    return counts
