"""Translation memories: TMX, the format that translators' tools exchange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, ClassVar
from xml.parsers import expat

from armillary.core.errors import DataError
from armillary.data.base import SOURCES, TextPair
from armillary.data.languages import chosen_two, matches
from armillary.data.pair_source import LeftOut, PairSource

CHUNK = 1 << 16  # bytes parsed at a time
MARKUP = frozenset({"bpt", "ept", "ph", "it", "ut"})  # what they hold is the document's code and no text
DOCUMENT = frozenset(
    {"document", "x-document", "file", "x-file", "filename", "x-filename"}
)  # types of <prop>


@SOURCES.register("tmx")
@dataclass(frozen=True, kw_only=True)
class TranslationMemory(PairSource):
    """A TMX file, or a folder of them, as pairs of two of its languages.

    A language may be named without its region.  A unit's document is what a property of it called
    document or file says, else none.  Inline codes are left out of the texts.
    """

    kind: ClassVar[str] = "tmx"
    licence: ClassVar[str] = "unknown: the user's own translation memory"
    citation: ClassVar[str] = "the user's own translation memory"
    path: Path
    source_language: str | None = None  # as in xml:lang; None: see languages.chosen_two
    target_language: str | None = None

    def pairs(self) -> Iterator[TextPair | LeftOut]:
        files = sorted(self.path.glob("**/*.tmx")) if self.path.is_dir() else [self.path]
        if not files:
            raise DataError(f"{self.path} has no .tmx file in it")
        source, target = self._languages(files)
        for path in files:
            for unit in read_units(path):
                of_source, of_target = unit.text(source), unit.text(target)
                if of_source is None or of_target is None:
                    yield LeftOut("n_units_without_both_languages")
                else:
                    yield TextPair(of_source, of_target, unit.document)

    def _languages(self, files: list[Path]) -> tuple[str, str]:
        if self.source_language and self.target_language:
            found, first = {self.source_language, self.target_language}, None
        else:
            found, first = set[str](), None
            for path in files:
                for unit in read_units(path):
                    found |= unit.texts.keys()
                    first = first or unit.written_in
        return chosen_two(found, self.source_language, self.target_language, str(self.path), first)


@dataclass
class Unit:
    """One translation unit: a text in some languages."""

    written_in: str | None  # the language it was written in, as unit or file say
    texts: dict[str, str] = field(default_factory=dict)  # by xml:lang, the first of each
    document: str = ""

    def text(self, language: str) -> str | None:
        """Return the text in a language or in a region's variant of it."""
        return next((text for code, text in self.texts.items() if matches(code, language)), None)


def read_units(path: Path) -> Iterator[Unit]:
    """Yield the units of a TMX file in its order, holding one chunk of it at a time.

    Raises DataError, naming file and line, for what is no well-formed XML, and for a file that declares
    entities, which could make a small file fill the memory.
    """
    reader = _Reader(path)
    try:
        with path.open("rb") as handle:
            yield from reader.units(handle)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except expat.ExpatError as error:
        reason = expat.errors.messages[error.code]
        raise DataError(f"{path}, line {error.lineno}: this is no XML: {reason}") from error


class _Reader:
    """The state of reading one file: expat calls the methods, finished units pile up in ``done``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: list[Unit] = []
        self.header_language: str | None = None
        self.unit: Unit | None = None
        self.language = ""
        self.into: list[str] | None = None  # where characters go
        self.n_markup = 0  # how deep inside inline codes
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.EntityDeclHandler = self.entity
        self.parser.buffer_text = True

    def units(self, handle: BinaryIO) -> Iterator[Unit]:
        while chunk := handle.read(CHUNK):
            self.parser.Parse(chunk, False)
            yield from self.done
            self.done.clear()
        self.parser.Parse(b"", True)
        yield from self.done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "header":
            self.header_language = _one_language(attributes.get("srclang"))
        elif name == "tu":
            self.unit = Unit(_one_language(attributes.get("srclang")) or self.header_language)
        elif name == "tuv":
            self.language = attributes.get("xml:lang") or attributes.get("lang", "")
        elif name == "seg" or (name == "prop" and attributes.get("type", "").lower() in DOCUMENT):
            self.into = []
        elif name in MARKUP:
            self.n_markup += 1

    def end(self, name: str) -> None:
        if name in MARKUP:
            self.n_markup -= 1
        elif name in ("seg", "prop") and self.into is not None:
            text, self.into = "".join(self.into), None
            if self.unit is None:
                return
            if name == "seg":
                self.unit.texts.setdefault(self.language, text)
            else:
                self.unit.document = self.unit.document or text.strip()
        elif name == "tu" and self.unit is not None:
            self.done.append(self.unit)
            self.unit = None

    def characters(self, text: str) -> None:
        if self.into is not None and not self.n_markup:
            self.into.append(text)

    def entity(self, name: str, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        raise DataError(
            f"{self.path}, line {line}: it declares the entity {name!r}; write out what it stands for"
        )


def _one_language(srclang: str | None) -> str | None:
    return None if srclang in (None, "", "*all*") else srclang
