"""Two text files whose lines belong together: ``corpus.en`` and ``corpus.zh``, as of Moses and OPUS."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from armillary.core.errors import DataError
from armillary.data.base import SOURCES, Split, TextPair
from armillary.data.decoding import read_lines
from armillary.data.languages import chosen_two, is_language, matches
from armillary.data.pair_source import MarkedPair, PairSource
from armillary.data.splits import named_split

SIDES = ("src", "tgt", "source", "target")  # endings of files that name no language


@SOURCES.register("moses")
@dataclass(frozen=True, kw_only=True)
class AlignedFiles(PairSource):
    """Line n of one file is the translation of line n of the other.

    ``path`` is the part of their names before the language (``corpus`` for ``corpus.en`` and
    ``corpus.zh``), or a folder with one such pair or several.  Files of a folder whose name begins with
    train, dev (valid, validation) or test are that split.
    """

    kind: ClassVar[str] = "moses"
    licence: ClassVar[str] = "unknown: the user's own files"
    citation: ClassVar[str] = "the user's own files"
    path: Path
    source_language: str | None = None  # the ending of the source's file; None: see languages.chosen_two
    target_language: str | None = None
    encoding: str = "utf-8"

    def pairs(self) -> Iterator[TextPair]:
        asked = tuple(code for code in (self.source_language, self.target_language) if code)
        files = aligned_files(self.path, asked)
        if not files:
            raise DataError(
                f"there are no two files of the same lines at {self.path}; their names end in languages, "
                "as corpus.en and corpus.zh do"
            )
        source, target = self._sides(
            {code for by_code in files.values() for code in by_code}, next(iter(files))
        )
        for prefix, by_code in files.items():
            ends = [
                next((code for code in by_code if matches(code, side)), None) for side in (source, target)
            ]
            if ends[0] is None or ends[1] is None:
                continue
            split = _split_of(prefix) if self.path.is_dir() else None
            yield from self._read(by_code[ends[0]], by_code[ends[1]], split)

    def _sides(self, found: set[str], prefix: str) -> tuple[str, str]:
        for sides in (SIDES[:2], SIDES[2:]):
            if found == set(sides) and not (self.source_language or self.target_language):
                return sides[0], sides[1]
        return chosen_two(
            found, self.source_language, self.target_language, str(self.path), _first_of(prefix)
        )

    def _read(self, source: Path, target: Path, split: Split | None) -> Iterator[TextPair]:
        sides = [read_lines(path, self.encoding) for path in (source, target)]
        n_source, n_target = map(len, sides)
        if n_source != n_target:
            raise DataError(
                f"{source} has {n_source:,} lines and {target} {n_target:,}; line n of one belongs to line n "
                "of the other, so both have as many, empty ones too"
            )
        for one, other in zip(*sides, strict=True):
            yield TextPair(one, other) if split is None else MarkedPair(one, other, split=split)


def aligned_files(path: Path, asked: tuple[str, ...] = ()) -> dict[str, dict[str, Path]]:
    """Return the files that have two languages or more: {name before the language: {language: file}}.

    Those of a folder, or those whose name begins with a prefix.  A language is a known code,
    src and tgt, or one of ``asked``.
    """
    in_folder = path.is_dir()
    places = path.iterdir() if in_folder else path.parent.glob(f"{glob.escape(path.name)}.*")
    files: dict[str, dict[str, Path]] = {}
    for place in sorted(places):
        prefix, _, code = place.name.rpartition(".")
        known = is_language(code) or code in SIDES or code in asked
        if known and prefix and place.is_file() and (in_folder or prefix == path.name):
            files.setdefault(prefix, {})[code] = place
    return {prefix: by_code for prefix, by_code in files.items() if len(by_code) > 1}


def _split_of(prefix: str) -> Split | None:
    """Return the split that the name of a file begins with, if any: ``train.de-en`` is training."""
    return named_split(re.split(r"[._-]", prefix, maxsplit=1)[0])


def _first_of(prefix: str) -> str | None:
    """Return the language that a name such as ``corpus.de-en`` puts first, if it does."""
    named = re.search(r"(?:^|[._-])([A-Za-z]{2,3})-[A-Za-z]{2,3}$", prefix)
    return named[1] if named and is_language(named[1]) else None
