"""Which package of the standard library is this function from?  Short real texts that every machine has."""

from __future__ import annotations

import ast
import platform
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from armillary.core.errors import DataError
from armillary.data.base import SOURCES, LabelledText
from armillary.data.sources.stdlib import library_files
from armillary.data.splits import HoldOut, Splits, SplitSource, hold_out, respect

MIN_LINES = 4  # shorter functions say little: getters, stubs
MIN_FILES = 5  # files of a package, so that each split can have some of its own
MIN_FUNCTIONS = 80  # functions of a package
MAX_CLASSES = 20
MASK = "package"  # stands for the name of any package that is a class


class Function(NamedTuple):
    """The source text of one function or method, and where it stands."""

    file: str
    package: str
    text: str


@SOURCES.register("stdlib-modules")
@dataclass(frozen=True, kw_only=True)
class StandardLibraryModules(SplitSource):
    """Functions and methods of the largest packages; the label is the package.

    Split by file, so that a class is recognised in files that training never saw.  Import statements
    are cut out and the names of all the packages masked, wherever they stand in a word: what is left to
    tell a package by is what its code does and how its authors write.
    """

    kind: ClassVar[str] = "stdlib-modules"
    example: ClassVar[type] = LabelledText
    licence: ClassVar[str] = "PSF-2.0"
    citation: ClassVar[str] = (
        f"Python Software Foundation. The Python Standard Library, version {platform.python_version()}. "
        "https://docs.python.org/3/library/"
    )
    held_out: HoldOut = HoldOut(validation=0.15, test=0.15)

    def read(self) -> Splits:
        functions = [function for name, text in library_files() for function in _functions(name, text)]
        packages = _largest(functions)
        if len(packages) < 2:
            raise DataError("this Python's standard library has too few packages to tell apart")
        chosen = [function for function in functions if function.package in packages]
        name = re.compile("|".join(sorted(packages, key=len, reverse=True)), re.IGNORECASE)
        examples = [LabelledText(name.sub(MASK, f.text), f.package) for f in chosen]
        _, files = np.unique([function.file for function in chosen], return_inverse=True)
        keys = [f"{function.file} {place}" for place, function in enumerate(chosen)]
        by_file = hold_out(examples, keys, self.held_out, groups=files)
        return respect(by_file.examples, self.held_out)


def _functions(file: str, text: str) -> Iterator[Function]:
    """Yield the functions and methods of a file, those inside others with the outer one."""
    package, slash, _ = file.partition("/")
    if not slash:
        return
    lines = text.splitlines()
    for node in _outermost(ast.parse(text)):
        source = _without_imports(node, lines)
        if len(source) >= MIN_LINES:
            yield Function(file, package, textwrap.dedent("\n".join(source)))


def _outermost(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        else:
            yield from _outermost(child)


def _without_imports(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> list[str]:
    cut = {
        line
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    last = function.end_lineno or function.lineno
    return [lines[n - 1] for n in range(function.lineno, last + 1) if n not in cut]


def _largest(functions: list[Function]) -> set[str]:
    """Return the packages with the most functions, of those with enough of them in enough files."""
    sizes = Counter(function.package for function in functions)
    files = Counter(package for _, package in {(f.file, f.package) for f in functions})
    enough = [p for p, n in sizes.items() if n >= MIN_FUNCTIONS and files[p] >= MIN_FILES]
    return set(sorted(enough, key=lambda p: (-sizes[p], p))[:MAX_CLASSES])
