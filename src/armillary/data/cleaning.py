"""Which pairs of texts are worth learning from: rules that can each be set, each counted, none silent."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from jaxtyping import Bool

from armillary.core.config import Config
from armillary.core.errors import ConfigError
from armillary.data.base import TextPair
from armillary.data.scripts import main_scripts, scripts_in

Keep = Sequence[bool] | Bool[np.ndarray, " pairs"]  # which pairs a rule lets pass

CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\ufeff\ufff9-\ufffb]")
SURROGATE = re.compile(r"[\ud800-\udfff]")  # half a character, as broken JSON has it
SPACES = re.compile(r"[^\S\n]+")
LINES = re.compile(r" ?\n ?")
BLANK_LINES = re.compile(r"\n{3,}")
TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)[^<>]*>")

AS_IF = 10  # characters added to both lengths before they are compared: short texts vary more
SPREADS = 4.0  # robust standard deviations of log length ratios that are always allowed
AT_HOME = 0.7  # share of a side's texts from which a script is that side's script
SOME_LETTERS = 4  # letters that are more than a unit or a placeholder
MANY_LETTERS = 10  # letters of one side to which the other answers with letters, too


@dataclass(frozen=True, kw_only=True)
class Cleaning(Config):
    """What happens to pairs before they are split.  A pair counts for the first rule that drops it.

    White space is normalised: one space for any run, lines trimmed, at most one blank line.  A pair with
    an empty side is always dropped.  Lengths are in characters.
    """

    control_characters: bool = True  # removed from texts that have any, the texts kept
    max_characters: int | None = 100_000  # of the longer side
    broken_encoding: bool = True  # drop texts with U+FFFD, what a failed decoding leaves behind
    duplicates: bool = True  # drop a pair that was there before, letter for letter
    copies: bool = True  # drop a target that is its whole source, case and width aside, if it has letters
    wrong_script: bool = True  # drop texts without a letter of the script that their side is written in
    length_ratio: float | None = 3.0  # times the corpus' median ratio of target to source, and its inverse
    targets_of_a_source: int | None = None  # different targets of the same source, the first so many
    html_tags: bool = False  # drop a pair whose sides do not have the same tags

    def __post_init__(self) -> None:
        if self.length_ratio is not None and self.length_ratio <= 1:
            raise ConfigError(f"length_ratio is a factor above 1, or none, got {self.length_ratio}")
        for name in ("max_characters", "targets_of_a_source"):
            if (n := getattr(self, name)) is not None and n < 1:
                raise ConfigError(f"{name} is 1 or more, or none, got {n}")

    def clean(self, pairs: Iterable[TextPair]) -> tuple[list[TextPair], dict[str, int]]:
        """Return the pairs that pass, normalised and in their order, and counts by name.

        The counts are ``n_pairs_read``, what ``normalise`` counts, and ``n_dropped_RULE`` for each rule that
        is on.
        """
        kept, counts = self.normalise(pairs)
        for name, rule in self._rules():
            passing = rule(kept)
            counts[f"n_dropped_{name}"] = len(kept) - int(np.count_nonzero(passing))
            kept = list(compress(kept, passing))
        return kept, counts

    def normalise(self, pairs: Iterable[TextPair]) -> tuple[list[TextPair], dict[str, int]]:
        """Return the pairs with white space and control characters put right; no pair with an empty side."""
        kept: list[TextPair] = []
        counts = Counter({"n_pairs_read": 0, "n_dropped_empty": 0, "n_control_characters_removed": 0})
        for pair in pairs:
            counts["n_pairs_read"] += 1
            source, target = pair.source, pair.target
            if self.control_characters:
                source, n_in_source = CONTROL.subn("", source)
                target, n_in_target = CONTROL.subn("", target)
                counts["n_control_characters_removed"] += n_in_source + n_in_target
            source, target = (normalised_space(SURROGATE.sub("\ufffd", text)) for text in (source, target))
            if source and target:
                kept.append(TextPair(source, target, pair.document))
        counts["n_dropped_empty"] = counts["n_pairs_read"] - len(kept)
        return kept, dict(counts)

    def _rules(self) -> Iterator[tuple[str, Callable[[list[TextPair]], Keep]]]:
        """Yield the rules that are on, those that only look at one pair first."""
        if (longest := self.max_characters) is not None:
            yield "too_long", lambda pairs: [max(len(p.source), len(p.target)) <= longest for p in pairs]
        if self.broken_encoding:
            yield "broken_encoding", lambda pairs: ["\ufffd" not in p.source + p.target for p in pairs]
        if self.duplicates:
            yield "duplicates", _first_of_each
        if self.copies:
            yield "copies", lambda pairs: [not _is_copy(pair) for pair in pairs]
        if self.html_tags:
            yield "html_tags", lambda pairs: [_tags(p.source) == _tags(p.target) for p in pairs]
        if self.wrong_script:
            yield "wrong_script", _in_their_scripts
        if (factor := self.length_ratio) is not None:
            yield "length_ratio", lambda pairs: _of_usual_ratio(pairs, factor)
        if (most := self.targets_of_a_source) is not None:
            yield "many_targets", lambda pairs: _first_targets(pairs, most)


def normalised_space(text: str) -> str:
    """Return the text with one space for any run of white space, lines trimmed, one blank line at most."""
    if "\n" not in text:
        return " ".join(text.split())
    return BLANK_LINES.sub("\n\n", LINES.sub("\n", SPACES.sub(" ", text))).strip()


def _first_of_each(pairs: Sequence[TextPair]) -> Keep:
    first: dict[tuple[str, str], int] = {}
    return [first.setdefault((pair.source, pair.target), i) == i for i, pair in enumerate(pairs)]


def _first_targets(pairs: Sequence[TextPair], most: int) -> Keep:
    """Pass the first ``most`` different targets of each source."""
    targets: dict[str, set[str]] = {}
    passing = []
    for pair in pairs:
        known = targets.setdefault(pair.source, set())
        passing.append(pair.target in known or len(known) < most)
        if passing[-1]:
            known.add(pair.target)
    return passing


def _is_copy(pair: TextPair) -> bool:
    if pair.source != pair.target and _folded(pair.source) != _folded(pair.target):
        return False
    return any(character.isalpha() for character in pair.source)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _tags(text: str) -> Counter[tuple[str, str]]:
    """Return how often each tag is opened or closed."""
    return Counter((slash, name.lower()) for slash, name in TAG.findall(text))


def _in_their_scripts(pairs: Sequence[TextPair]) -> Keep:
    """Pass a pair unless a side has no letter of the script that most of its side's texts are in.

    That alone is no reason: either the text must have ``SOME_LETTERS``, then of others, or the other side
    ``MANY_LETTERS``, and it answers with hardly any.  A side that is not in one script is passed.
    """
    passing = np.ones(len(pairs), bool)
    sides = [pair.source for pair in pairs], [pair.target for pair in pairs]
    n_letters = [np.array([sum(map(str.isalpha, text)) for text in texts], int) for texts in sides]
    for texts, of_it, of_other in zip(sides, n_letters, n_letters[::-1], strict=True):
        found = scripts_in(texts)
        main = main_scripts(found, AT_HOME)
        if main:
            should = (of_it >= SOME_LETTERS) | (of_other >= MANY_LETTERS)
            passing &= found[:, main].any(axis=1) | ~should
    return passing


def _of_usual_ratio(pairs: Sequence[TextPair], factor: float) -> Keep:
    """Pass what is within ``factor`` of the median ratio of lengths, or within the corpus' own spread.

    The spread is ``SPREADS`` times 1.4826 times the median absolute deviation of the log ratios (a standard
    deviation, were they normal; Rousseeuw & Croux 1993): wide for summaries, narrow for translations.
    """
    if not pairs:
        return []
    lengths = np.array([(len(pair.source), len(pair.target)) for pair in pairs]) + AS_IF
    ratios = np.diff(np.log(lengths), axis=1)[:, 0]
    away = np.abs(ratios - np.median(ratios))
    return np.asarray(away <= max(math.log(factor), SPREADS * 1.4826 * float(np.median(away))))
