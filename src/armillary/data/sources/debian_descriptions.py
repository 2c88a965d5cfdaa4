"""What Debian says of its packages: descriptions and their translations, and the one line above each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from armillary.data.base import SOURCES, TextPair
from armillary.data.cleaning import Cleaning
from armillary.data.debian import indexes
from armillary.data.pair_source import LeftOut, PairSource
from armillary.data.splits import HoldOut

BULLET = re.compile(r"(?:[*+o•·–-]|\d{1,2}[.)])\s+")
WIDE = r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"  # written without spaces between words
BETWEEN_WIDE = re.compile(rf"(?<={WIDE})\n(?={WIDE})")
UNTRANSLATED = "<trans>"  # stands where a paragraph has no translation yet

LICENCE = "that of each package; of translations, GPL-2.0-or-later"


class Description(NamedTuple):
    """What an archive says of a package in one language."""

    source_package: str  # which packages such as libx1, libx-dev and libx-doc have in common
    synopsis: str  # one line
    paragraphs: list[list[str]]  # the items of a list are parts of the paragraph that they stand in


@SOURCES.register("debian-descriptions")
@dataclass(frozen=True, kw_only=True)
class DebianDescriptions(PairSource):
    """Synopses and paragraphs of packages' descriptions, and translations; a document: a source package.

    From the indexes of the archives that apt-get knows, fetched when first read.  A list is aligned item by
    item where both sides have as many.  Descriptions whose numbers of paragraphs differ are left out.
    """

    kind: ClassVar[str] = "debian-descriptions"
    licence: ClassVar[str] = LICENCE
    citation: ClassVar[str] = (
        "Debian Description Translation Project. Package descriptions. https://www.debian.org/international/l10n/ddtp"
    )
    target_language: str = "de"  # as the indexes are named: de, fr, it, ja, pt_BR, zh_CN
    held_out: HoldOut = HoldOut(validation=0.04, test=0.05)

    def files(self) -> list[Path]:
        return sorted(indexes("en", self.target_language).iterdir())

    def pairs(self) -> Iterator[TextPair | LeftOut]:
        folder = indexes("en", self.target_language)
        originals, translations = (descriptions(folder, code) for code in ("en", self.target_language))
        for md5, translation in translations.items():
            original = originals.get(md5)
            if original is None:
                yield LeftOut("n_descriptions_without_original")
            elif len(original.paragraphs) != len(translation.paragraphs):
                yield LeftOut("n_descriptions_not_aligned")
            else:
                yield from self._aligned(original, translation)

    @staticmethod
    def _aligned(original: Description, translation: Description) -> Iterator[TextPair | LeftOut]:
        sources = [[original.synopsis], *original.paragraphs]
        targets = [[translation.synopsis], *translation.paragraphs]
        for source, target in zip(sources, targets, strict=True):
            if len(source) != len(target):  # a list in one, its items run together in the other
                source, target = [_unwrapped(source)], [_unwrapped(target)]
            for one, other in zip(source, target, strict=True):
                if UNTRANSLATED in other:
                    yield LeftOut("n_paragraphs_without_translation")
                else:
                    yield TextPair(one, other, original.source_package)


@SOURCES.register("debian-synopses")
@dataclass(frozen=True, kw_only=True)
class DebianSynopses(PairSource):
    """Package descriptions and the one line that sums up each; a source package is a document.

    From the indexes of the archives that apt-get knows, fetched when first read.  A paragraph or an item of
    a list is a line of its own.  Of packages with the same description, the first is kept.
    """

    kind: ClassVar[str] = "debian-synopses"
    licence: ClassVar[str] = LICENCE
    citation: ClassVar[str] = "The Debian Project. Package descriptions. https://packages.debian.org"
    language: str = "en"
    cleaning: Cleaning = Cleaning(targets_of_a_source=1)
    held_out: HoldOut = HoldOut(validation=0.04, test=0.05)

    def files(self) -> list[Path]:
        return sorted(indexes(self.language).iterdir())

    def pairs(self) -> Iterator[TextPair | LeftOut]:
        for description in descriptions(indexes(self.language), self.language).values():
            lines = [line for paragraph in description.paragraphs for line in paragraph]
            if not lines:
                yield LeftOut("n_without_description")
            elif any(UNTRANSLATED in line for line in (description.synopsis, *lines)):
                yield LeftOut("n_without_translation")
            else:
                yield TextPair("\n".join(lines), description.synopsis, description.source_package)


def descriptions(folder: Path, language: str) -> dict[str, Description]:
    """Return the descriptions in a folder of ``debian.indexes``, by the MD5 sum of the English original."""
    rows = (line.split("\t") for line in (folder / "sources.tsv").read_text(encoding="utf-8").splitlines())
    source_of = {fields[0]: fields[1] for fields in rows}
    found: dict[str, Description] = {}
    for fields in _stanzas(folder / f"Translation-{language}"):
        if (md5 := fields["Description-md5"]) not in found:
            source_package = source_of.get(fields["Package"], fields["Package"])
            synopsis, *lines = fields[f"Description-{language}"].split("\n")
            found[md5] = Description(source_package, synopsis, paragraphs(lines))
    return found


def _stanzas(path: Path) -> Iterator[dict[str, str]]:
    """Yield the fields of each stanza of an index (Debian Policy Manual, section 5.1)."""
    for stanza in path.read_text(encoding="utf-8", errors="replace").split("\n\n"):
        fields = re.split(r"^([!-9;-~]+):[ \t]*", stanza.strip("\n"), flags=re.MULTILINE)[1:]
        if fields:
            values = (value.removesuffix("\n") for value in fields[1::2])
            yield dict(zip(fields[::2], values, strict=True))


def paragraphs(lines: Sequence[str]) -> list[list[str]]:
    """Return the paragraphs of an extended description, each as its parts: a lead, items, what follows.

    A line of " ." ends a paragraph.  Lines are joined where they were wrapped: a line that begins with a
    bullet, or stands at least as far in as another verbatim line, begins a part (section 5.6.13).
    """
    found: list[list[list[str]]] = [[]]
    indent = 1
    for line in lines:
        text = line.strip()
        if text in (".", ""):
            found.append([])
            indent = 1
            continue
        depth = len(line) - len(line.lstrip())
        begins = BULLET.match(text) or not found[-1] or (depth == 1 and indent > 1)
        if begins:
            found[-1].append([])
            indent = depth
        found[-1][-1].append(text)
    return [[_unwrapped(part) for part in parts] for parts in found if parts]


def _unwrapped(lines: Sequence[str]) -> str:
    """Return lines as one; no space between characters of scripts that have none between words."""
    return BETWEEN_WIDE.sub("", "\n".join(lines)).replace("\n", " ")
