"""A user's own texts: one file, or all files of a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from armillary.core.errors import DataError
from armillary.data.base import SOURCES, SPLITS, Document, Split
from armillary.data.decoding import read_text
from armillary.data.duplicates import text_groups
from armillary.data.splits import HoldOut, Splits, SplitSource, hold_out

FEW = 10  # fewer files than this are cut into parts; more are split file by file
NEAR = 0.02  # share of a text within which a cut looks for the end of a paragraph
LONG = 200  # characters from which a repeated paragraph is a repetition and not a heading


@SOURCES.register("text-files")
@dataclass(frozen=True, kw_only=True)
class TextFiles(SplitSource):
    """Files of plain text, Markdown, code: whatever decodes.

    Many files are split file by file.  Fewer than ten are each cut, at the ends of paragraphs, into
    training, then validation, then test; paragraphs of training that the other two repeat are dropped.
    """

    kind: ClassVar[str] = "text-files"
    example: ClassVar[type] = Document
    licence: ClassVar[str] = "unknown: the user's own files"
    citation: ClassVar[str] = "the user's own files"
    path: tuple[Path, ...] | Path  # files, or folders that are searched for them
    glob: str = "**/*"  # which files of a folder; hidden ones are passed over
    encoding: str = "utf-8"
    held_out: HoldOut = HoldOut()

    def read(self) -> Splits:
        files = self._files()
        texts = [(name, read_text(path, self.encoding)) for name, path in files.items()]
        documents = [Document(text, name) for name, text in texts if text.strip()]
        if not documents:
            raise DataError(f"there is no text in {', '.join(map(str, files.values()))}: empty")
        if len(documents) < FEW:
            splits = _cut_all(documents, self.held_out)
        else:
            splits = hold_out(documents, [document.name for document in documents], self.held_out)
        return Splits(splits.examples, {**splits.report, "n_empty_files": len(files) - len(documents)})

    def _files(self) -> dict[str, Path]:
        """Return the files by the name they have within what was given.  DataError when there is none."""
        given = self.path if isinstance(self.path, tuple) else (self.path,)
        found = {name: path for start in given for name, path in sorted(self._within(start))}
        if not found:
            raise DataError(f"no file in {', '.join(map(str, given))} matches source.glob={self.glob}")
        return found

    def _within(self, start: Path) -> Iterator[tuple[str, Path]]:
        if start.is_dir():
            for path in start.glob(self.glob):
                name = path.relative_to(start)
                if path.is_file() and not any(part.startswith(".") for part in name.parts):
                    yield f"{start.name}/{name.as_posix()}", path
        elif start.exists():
            yield start.name, start
        else:
            raise DataError(f"there is no file or folder {start}")


def _cut_all(documents: Sequence[Document], shares: HoldOut) -> Splits:
    """Cut each document into three parts, and drop the paragraphs of training that the others repeat."""
    parts: dict[Split, list[Document]] = {name: [] for name in SPLITS}
    for document in documents:
        for name, text in zip(SPLITS, _cut(document, shares), strict=True):
            parts[name].append(Document(text, document.name))
    n_dropped = 0
    held_out = [p for name in SPLITS[1:] for part in parts[name] for p in part.text.split("\n\n")]
    for i, part in enumerate(parts["train"]):
        kept, n = _without(part.text.split("\n\n"), held_out)
        parts["train"][i] = Document("\n\n".join(kept), part.name)
        n_dropped += n
    if not any(part.text.strip() for part in parts["train"]):
        raise DataError(
            f"{documents[0].name} repeats itself: all of its training part stands in the held-out parts too"
        )
    return Splits(parts, {"n_training_paragraphs_dropped": n_dropped})


def _cut(document: Document, shares: HoldOut) -> tuple[str, str, str]:
    """Return the text in three contiguous parts: training, validation, test."""
    text = document.text
    end = _cut_near(text, 1 - shares.validation - shares.test)
    last = max(end, _cut_near(text, 1 - shares.test))
    parts = text[:end], text[end:last], text[last:]
    if not all(part.strip() for part in parts):
        raise DataError(f"{document.name} is too short ({len(text)} characters) to be held out from")
    return parts


def _cut_near(text: str, share: float) -> int:
    """Return a place near ``share`` of the text that ends a paragraph, else a line, else anything."""
    at = round(share * len(text))
    window = round(NEAR * len(text))
    for mark in ("\n\n", "\n"):
        found = text.find(mark, at, at + window)
        if found >= 0:
            return found + len(mark)
    return at


def _without(paragraphs: list[str], held_out: list[str]) -> tuple[list[str], int]:
    """Return the paragraphs but those that are long and nearly in ``held_out``; how many those were."""
    candidates = [p for p in paragraphs if len(p) >= LONG]
    others = [p for p in held_out if len(p) >= LONG]
    if not candidates or not others:
        return paragraphs, 0
    groups = text_groups([*candidates, *others])
    taken = set(groups[len(candidates) :])
    repeated = {p for p, group in zip(candidates, groups, strict=False) if group in taken}
    kept = [p for p in paragraphs if p not in repeated]
    return kept, len(paragraphs) - len(kept)
