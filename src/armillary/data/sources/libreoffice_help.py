"""LibreOffice's help in two languages, paragraph by paragraph."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from armillary.core.errors import DataError
from armillary.data.base import SOURCES, TextPair
from armillary.data.debian import unpacked
from armillary.data.decoding import read_text
from armillary.data.pair_source import LeftOut, PairSource
from armillary.data.splits import HoldOut

FOLDER = "usr/share/libreoffice/help"  # where a package puts its pages, under /
# A paragraph or heading keeps its id in every translation: that is the alignment.
BLOCK = re.compile(r'<(p|h[1-6])\s+id="([^"]+)"[^>]*>(.*?)</\1>', re.DOTALL)
BREAK = re.compile(r"<br[^>]*>")
TAG = re.compile(r"<[^>]*>")


@SOURCES.register("libreoffice-help")
@dataclass(frozen=True, kw_only=True)
class LibreOfficeHelp(PairSource):
    """Paragraphs and headings of the help pages, joined by their ids; a page is a document.

    From Debian's packages ``libreoffice-help-LANGUAGE``, fetched where they are not installed.
    """

    kind: ClassVar[str] = "libreoffice-help"
    licence: ClassVar[str] = "MPL-2.0"
    citation: ClassVar[str] = (
        "The Document Foundation and contributors. LibreOffice Help. https://help.libreoffice.org"
    )
    source_language: str = "en-US"  # as the help's folders are named
    target_language: str = "zh-CN"
    held_out: HoldOut = HoldOut(validation=0.04, test=0.05)
    path: Path | None = None  # folder with a folder of pages for each language; None: Debian's packages

    def files(self) -> list[Path]:
        folders = self._pages(self.source_language), self._pages(self.target_language)
        return [path for folder in folders for path in sorted(folder.rglob("*.html"))]

    def pairs(self) -> Iterator[TextPair | LeftOut]:
        sources, targets = self._pages(self.source_language), self._pages(self.target_language)
        pages = sorted(path.relative_to(sources).as_posix() for path in sources.rglob("*.html"))
        for page in pages:
            if not (targets / page).is_file():
                yield LeftOut("n_pages_without_translation")
                continue
            source, target = blocks(sources / page), blocks(targets / page)
            yield LeftOut("n_paragraphs_without_translation", len(source.keys() - target.keys()))
            yield from (TextPair(text, target[key], page) for key, text in source.items() if key in target)

    def _pages(self, language: str) -> Path:
        """Return the folder of a language's pages."""
        root = self.path or _packaged(language)
        pages = root / language / "text"
        if not pages.is_dir():
            raise DataError(f"{root} has no folder {language}/text with pages of LibreOffice's help")
        return pages


def _packaged(language: str) -> Path:
    """Return the folder of installed pages, else of fetched ones."""
    if ((installed := Path("/") / FOLDER) / language).is_dir():
        return installed
    try:
        return unpacked(f"libreoffice-help-{language.lower()}") / FOLDER
    except DataError as error:
        raise DataError(
            f"{error}; name a folder with LibreOffice's help in both languages: task.source.path=FOLDER"
        ) from error


def blocks(page: Path) -> dict[str, str]:
    """Return the text of each paragraph and heading of a page by its id."""
    found = {key: _text(inner) for _, key, inner in BLOCK.findall(read_text(page))}
    return {key: text for key, text in found.items() if text}


def _text(inner: str) -> str:
    return " ".join(html.unescape(TAG.sub("", BREAK.sub(" ", inner))).split())
