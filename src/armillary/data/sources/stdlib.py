"""The Python standard library of the interpreter that is running: real text that every machine has."""

from __future__ import annotations

import platform
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from armillary.core.errors import DataError
from armillary.data.base import SOURCES, Document
from armillary.data.splits import HoldOut, Splits, SplitSource, hold_out

# Folders and files that no programmer wrote for this library: other people's packages and what was
# generated; and tests, which repeat what they test.
PACKAGES = frozenset({"site-packages", "dist-packages", "__pycache__"})
TESTS = frozenset({"test", "tests", "idle_test"})
TABLES = frozenset({"encodings", "pydoc_data", "msilib", "entities.py", "stringprep.py"})
PASSED_OVER = PACKAGES | TESTS | TABLES
COMPILATION = "_sysconfigdata"  # how this interpreter was compiled, different on every machine


@SOURCES.register("stdlib")
@dataclass(frozen=True, kw_only=True)
class StandardLibrary(SplitSource):
    """One document a source file, one a documentation topic; split by file."""

    kind: ClassVar[str] = "stdlib"
    example: ClassVar[type] = Document
    licence: ClassVar[str] = "PSF-2.0"
    citation: ClassVar[str] = (
        f"Python Software Foundation. The Python Standard Library, version {platform.python_version()}. "
        "https://docs.python.org/3/library/"
    )
    part: Literal["sources", "docs", "all"] = "sources"  # docs: the topics that help() shows
    held_out: HoldOut = HoldOut(validation=0.05, test=0.05)

    def read(self) -> Splits:
        sources = library_files() if self.part != "docs" else []
        topics = _topics() if self.part != "sources" else []
        documents = [Document(text, name) for name, text in [*sources, *topics]]
        return hold_out(documents, [document.name for document in documents], self.held_out)


def library_files() -> list[tuple[str, str]]:
    """Return (name relative to the library's folder, text) of each source file, by name.

    Empty files and files that are not UTF-8 are no text.  DataError when the sources are not installed.
    """
    root = Path(sysconfig.get_paths()["stdlib"])
    files = sorted((path.relative_to(root).as_posix(), path) for path in source_files(root))
    found = [(name, text) for name, path in files if (text := _text(path)).strip()]
    if not found:
        raise DataError(f"this Python has no library sources in {root}; name a text of your own: data=FOLDER")
    return found


def source_files(folder: Path) -> Iterator[Path]:
    """Yield the source files in a folder and below, in no order; neither tests nor generated tables."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in PASSED_OVER or path.name.startswith(COMPILATION):
            continue
        if path.is_dir():
            yield from source_files(path)
        elif path.suffix == ".py":
            yield path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def _topics() -> list[tuple[str, str]]:
    from pydoc_data.topics import topics

    return [(f"pydoc_data/topics/{name}", text) for name, text in sorted(topics.items())]
