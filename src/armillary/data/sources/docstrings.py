"""Docstrings and their first lines: summaries that every machine with Python has."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import platform
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from armillary.core.errors import ConfigError
from armillary.data.base import SOURCES, TextPair
from armillary.data.cleaning import Cleaning
from armillary.data.pair_source import LeftOut, PairSource
from armillary.data.sources.stdlib import source_files
from armillary.data.splits import HoldOut

STANDARD_LIBRARY = "stdlib"
SCIENTIFIC = ("matplotlib", "numpy", "scipy", "sklearn", "torch")  # there wherever this package is

FEWEST_WORDS = 3  # of a summary: fewer is a label, not a sentence
MORE = 1.5  # times the summary's words: a shorter text is no longer form of it

UNDERLINE = re.compile(r"[-=~^]{3,}")
BULLET = re.compile(r"(?:[*+•-]|\d{1,2}[.)]|:\w+[^:]*:)\s")  # or a field, such as :param x:
APART_LINE = re.compile(r"[-=~^]{3,}$|\.\. +(?:\[|_|version)")  # underlines, references, versions
DIRECTIVE = re.compile(r"^\.\. +[\w:-]+::\s*")
ROLE = re.compile(r":(?:[a-z]+:)?[a-z]+:(?=`)")
QUOTED = re.compile(r"(`{1,2})~?(?=\S)(.+?)(?:\s*<[^`]*>)?(?<=\S)\1_*")  # code, a role's text, a link's
# Sections that do not say what a function does (numpydoc's and Google's names).
APART = frozenset({"examples", "example", "references", "see also", "notes"})
GOOGLE = frozenset(
    {"Args:", "Arguments:", "Returns:", "Yields:", "Raises:", "Example:", "Examples:", "Note:"}
)


@SOURCES.register("docstrings")
@dataclass(frozen=True, kw_only=True)
class Docstrings(PairSource):
    """What docstrings say after their first paragraph, and that paragraph, their summary (PEP 257).

    From the source files of the standard library and of installed packages, none of which is imported; a
    module is a document.  Examples, references, notes and the marks of reStructuredText are left out of the
    texts.
    """

    kind: ClassVar[str] = "docstrings"
    licence: ClassVar[str] = "PSF-2.0 for the standard library; BSD, MIT or like them for scientific packages"
    citation: ClassVar[str] = (
        f"Python Software Foundation. The Python Standard Library, version {platform.python_version()}; "
        "and the authors of the installed scientific packages"
    )
    packages: tuple[str, ...] = (STANDARD_LIBRARY, *SCIENTIFIC)  # stdlib, and names to import by
    cleaning: Cleaning = Cleaning(targets_of_a_source=1)
    held_out: HoldOut = HoldOut(validation=0.05, test=0.08)

    def files(self) -> list[Path]:
        return [path for _, path in self._files()]

    def pairs(self) -> Iterator[TextPair | LeftOut]:
        for name, path in self._files():
            try:
                found = list(docstrings(path.read_text(encoding="utf-8")))
            except (UnicodeDecodeError, SyntaxError, ValueError):
                yield LeftOut("n_files_not_read")
                continue
            for text in found:
                pair = summarised(text, name)
                yield LeftOut("n_docstrings_without_more") if pair is None else pair

    def _files(self) -> list[tuple[str, Path]]:
        """Return the name of each module's file, its package first, and its path."""
        found: dict[str, Path] = {}
        for package in self.packages:
            folder = _folder(package)
            if folder is None:
                raise ConfigError(
                    f"no package {package!r} with source files is installed; allowed is {ALLOWED}"
                )
            for path in source_files(folder):
                found[f"{package}/{path.relative_to(folder).as_posix()}"] = path
        return sorted(found.items())


ALLOWED = f"{STANDARD_LIBRARY}, or the name that a package is imported by, such as numpy"


def docstrings(code: str) -> Iterator[str]:
    """Yield the docstrings of a module, its classes and functions.  SyntaxError when it is not Python."""
    blocks: list[ast.AST] = [ast.parse(code)]
    while blocks:
        block = blocks.pop()
        if isinstance(block, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(block)
            if text:
                yield text
        for name in ("handlers", "finalbody", "orelse", "body"):  # expressions hold no docstrings
            inner = getattr(block, name, [])
            blocks += reversed(inner if isinstance(inner, list) else [])


def summarised(docstring: str, document: str = "") -> TextPair | None:
    """Return what follows the first paragraph, and that paragraph; None when that is no summary of it."""
    first, _, rest = inspect.cleandoc(docstring).partition("\n\n")
    target, source = _prose([first]), plain(rest)
    n_words = len(target.split())
    if n_words < FEWEST_WORDS or len(source.split()) < MORE * n_words or UNDERLINE.search(first):
        return None
    return TextPair(source, target, document)


def plain(text: str) -> str:
    """Return reStructuredText as parts of a line each, without marks and without sections that stand apart.

    A part is a paragraph, an item of a list or a parameter with what is said of it.
    """
    parts: list[list[str]] = [[]]
    passing, in_session, indent, literal = True, False, 0, -1
    lines = text.split("\n")
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        words = line.strip()
        if is_heading := UNDERLINE.fullmatch(after.strip()) is not None or words in GOOGLE:
            passing = words.rstrip(":").lower() not in APART
        depth = len(line) - len(line.lstrip())
        in_session = bool(words) and (in_session or words.startswith(">>>"))  # with what it printed
        is_code = in_session or (literal >= 0 and (depth > literal or not words))
        if is_heading or not passing or is_code or APART_LINE.match(words):
            parts.append([])
            continue
        literal = depth if words.endswith("::") else -1
        if not words or depth < indent or BULLET.match(words):
            parts.append([])
        indent = depth
        parts[-1].append(DIRECTIVE.sub("", words))
    return "\n".join(filter(None, map(_prose, parts)))


def _prose(lines: list[str]) -> str:
    """Return lines as one, roles and quotation marks of reStructuredText gone: what a reader of HTML sees."""
    text = QUOTED.sub(r"\2", ROLE.sub("", " ".join(" ".join(lines).split())))
    return text[:-1] if text.endswith("::") else text


def _folder(package: str) -> Path | None:
    """Return the folder of a package's source files; nothing is imported."""
    if package == STANDARD_LIBRARY:
        return Path(sysconfig.get_paths()["stdlib"])
    try:
        spec = importlib.util.find_spec(package.partition(".")[0])
    except ValueError:
        return None
    return Path(spec.origin).parent if spec and spec.origin and spec.origin.endswith("__init__.py") else None
