"""Catalogues of translated messages: gettext's .po and .mo files, and folders of them."""

from __future__ import annotations

import gettext
import re
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from armillary.core.errors import DataError, MissingExtraError
from armillary.data.base import SOURCES, TextPair
from armillary.data.languages import chosen_one, is_language, matches
from armillary.data.pair_source import LeftOut, PairSource

SUFFIXES = (".po", ".mo")
MANY = 10  # catalogues from which each is a document of its own, where entries do not say more
ONE, SEVERAL = 1, 5  # numbers whose plural forms go with the singular and the plural of the source
GERMANIC = "n != 1"  # the plural formula where a catalogue has none


@SOURCES.register("gettext")
@dataclass(frozen=True, kw_only=True)
class MessageCatalogues(PairSource):
    """Messages and their translations: one catalogue, or all of a folder that are in one language.

    The language of a catalogue is what stands before ``LC_MESSAGES`` in its path, else its name, else what
    its header says.  Fuzzy, obsolete and untranslated entries are left out and counted; a .mo file beside
    a .po file of the same name is its compilation and is passed over.  Placeholders stay as they are.  The
    document of a message is the source file that it is from, else, in a folder of ten catalogues or more,
    its catalogue.
    """

    kind: ClassVar[str] = "gettext"
    licence: ClassVar[str] = "unknown: the user's own catalogues"
    citation: ClassVar[str] = "the user's own catalogues"
    path: Path
    target_language: str | None = None  # None: the only one there is

    def pairs(self) -> Iterator[TextPair | LeftOut]:
        files = _files(self.path)
        languages = {path: language_of(path, self.path) for path in files}
        target = chosen_one(set(languages.values()), self.target_language, str(self.path))
        chosen = [path for path in files if matches(languages[path], target)]
        for path in chosen:
            name = path.relative_to(self.path).as_posix() if len(chosen) >= MANY else ""
            yield from messages(path, name)


def messages(path: Path, document: str = "") -> Iterator[TextPair | LeftOut]:
    """Yield the translated messages of a .po or .mo file, and count what is not translated.

    ``document`` is that of messages that do not say which source file they are from.  Of a plural, the
    singular goes with the form for one, the plural with the form for five.  Raises DataError naming the
    file when it is no such catalogue, MissingExtraError when polib is not installed.
    """
    catalogue = _opened(path)
    one, several = _plural_forms(path, catalogue.metadata.get("Plural-Forms", ""))
    for entry in catalogue:
        if entry.obsolete:
            yield LeftOut("n_obsolete")
            continue
        if "fuzzy" in entry.flags:
            yield LeftOut("n_fuzzy")
            continue
        place = entry.occurrences[0][0] if entry.occurrences else document
        forms = entry.msgstr_plural
        texts = [(entry.msgid, entry.msgstr)]
        if entry.msgid_plural:
            texts = [(entry.msgid, forms.get(one, "")), (entry.msgid_plural, forms.get(several, ""))]
            texts = texts[one == several :]  # one form for all numbers: it goes with the plural
        for source, target in texts:
            yield TextPair(source, target, place) if target.strip() else LeftOut("n_untranslated")


def language_of(path: Path, below: Path) -> str:
    """Return the language of a catalogue, told by its path ``below`` a folder, its name or its header."""
    parts = path.absolute().parts[:-1]
    if "LC_MESSAGES" in parts[1:]:
        return parts[parts.index("LC_MESSAGES") - 1]
    folders = path.relative_to(below).parts[:-1]
    for word in (path.stem, *re.split(r"[.-]", path.stem)[::-1], *folders[::-1]):
        if is_language(word):
            return word
    return _opened(path).metadata.get("Language", "").strip() or "unknown"


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = {place for place in path.glob("**/*") if place.suffix in SUFFIXES and place.is_file()}
    if not found:
        raise DataError(f"{path} has no {' or '.join(SUFFIXES)} file in it")
    return without_compilations(found)


def without_compilations(catalogues: Collection[Path]) -> list[Path]:
    """Return the catalogues in order, without .mo files that a .po file beside them was compiled to."""
    return sorted(p for p in catalogues if p.suffix == ".po" or p.with_suffix(".po") not in catalogues)


def _opened(path: Path) -> Any:
    """Return the catalogue as polib reads it."""
    try:
        import polib
    except ImportError as error:
        raise MissingExtraError("reading gettext catalogues", "polib", "text") from error
    try:
        return polib.mofile(str(path)) if path.suffix == ".mo" else polib.pofile(str(path))
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not in the encoding that its header names: {error}") from error
    except (OSError, ValueError, LookupError, struct.error) as error:
        raise DataError(f"{path} is no gettext catalogue: {error}") from error


def _plural_forms(path: Path, header: str) -> tuple[int, int]:
    """Return which plural form a catalogue has for one and which for several."""
    formula = re.search(r"plural\s*=\s*([^;]+)", header)
    try:
        form = gettext.c2py(formula[1].strip() if formula else GERMANIC)
        return form(ONE), form(SEVERAL)
    except ValueError as error:
        raise DataError(f"{path}: its header has no proper Plural-Forms: {header!r}") from error
