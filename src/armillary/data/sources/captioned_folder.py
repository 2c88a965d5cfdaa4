"""A user's own images with captions: in a table, in text files beside them, or as names of folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import SOURCES, CaptionedImage, Split
from armillary.data.decoding import read_lines
from armillary.data.languages import say
from armillary.data.media_tables import folder_split, split_of, usual_column
from armillary.data.pictures import SUFFIXES, Colour, Picture, read_pictures
from armillary.data.rows import label_value, read_rows, text_value
from armillary.data.sources.image_folder import split_folders, visible_files
from armillary.data.splits import HoldOut, Splits, SplitSource, hold_out, respect

Place = Literal["auto", "table", "beside", "folder"]

# The names that the datasets library gives to a table of an image folder.
TABLES = ("metadata.csv", "metadata.tsv", "metadata.jsonl", "metadata.parquet")
FILE_COLUMNS = ("file_name", "file", "image", "path", "filename")
CAPTION_COLUMNS = ("text", "caption", "captions", "prompt", "description")


class Told(NamedTuple):
    """An image file, a caption of it, its class ("" if unknown) and the split that the data put it in."""

    path: Path
    caption: str
    label: str
    split: Split | None


@SOURCES.register("captioned-folder")
@dataclass(frozen=True, kw_only=True)
class CaptionedFolder(SplitSource):
    """Images under ``path``, in folders or none, and their captions, from one of three places.

        table    metadata.csv, .tsv, .jsonl or .parquet in ``path`` or in folders of splits, as the datasets
                 library has them: a column of file names, relative to the table, and one of captions
        beside   a text file of the image's name, a caption on each line
        folder   the name of the folder that the image lies in

    ``auto`` takes the first that is there.  ``path`` may also be a table itself.  An image with several
    captions is several examples, which share a split.  Images without one are left out and counted.
    """

    kind: ClassVar[str] = "captioned-folder"
    example: ClassVar[type] = CaptionedImage
    licence: ClassVar[str] = "unknown: the user's own images"
    citation: ClassVar[str] = "the user's own images"
    path: Path
    captions: Place = "auto"
    file_column: str | None = None  # of a table; None: found by its name
    caption_column: str | None = None
    label_column: str = "label"  # the class, where the table has it
    split_column: str = "split"  # train, validation or test, where the table has it
    encoding: str = "utf-8"
    size: int | None = None  # pixels a side; None: their own when all are alike, else inferred
    colour: Colour = "auto"
    held_out: HoldOut = HoldOut()

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise ConfigError(f"size is 1 pixel or more, got {self.size}")

    def read(self) -> Splits:
        if not self._root.is_dir():
            raise DataError(f"there is no folder or table {self.path}")
        images = [path for path in visible_files(self._root) if path.suffix.lower() in SUFFIXES]
        if not images:
            raise DataError(f"{self._root} has no image in it; names end in {', '.join(sorted(SUFFIXES))}")
        told = list(self._told(images))
        with_caption = dict.fromkeys(found.path for found in told)
        left_out = [path for path in images if path not in with_caption]
        if not told:
            raise DataError(f"{left_out[0]} and all other images have no caption; {self._allowed()}")
        if left_out:
            say(f"{self._root}: {len(left_out)} images without a caption are left out, {left_out[0]} first")
        pixels, n_resized = read_pictures(
            [Picture(str(path), path) for path in with_caption], self.size, self.colour
        )
        by_path = dict(zip(with_caption, pixels, strict=True))
        splits = self._split(told, [CaptionedImage(by_path[f.path], f.label, f.caption) for f in told])
        counts = {"n_images": len(by_path), "n_without_caption": len(left_out), "n_resized": n_resized}
        return Splits(splits.examples, {**splits.report, **counts})

    @property
    def _root(self) -> Path:
        return self.path.parent if self.path.is_file() else self.path

    def _told(self, images: Sequence[Path]) -> Iterator[Told]:
        """Yield the captions of ``images`` from the place that was asked for or is there."""
        splits = split_folders(self._root)
        stray = next((path for path in images if splits and path.parent == self._root), None)
        if stray is not None:
            raise DataError(f"{stray} lies beside folders of splits; put it into one of them")
        if self.path.is_file() and self.captions not in ("auto", "table"):
            raise ConfigError(f"{self.path} is a table; captions={self.captions} takes a folder")
        tables = self._tables(list(splits))
        if self.captions == "table" and not tables:
            raise DataError(f"{self.path} has none of {', '.join(TABLES)}; add one or name your own table")
        if tables and self.captions in ("auto", "table"):
            known = frozenset(images)
            for table in tables:
                yield from self._of_table(table, known, splits)
        elif self.captions == "beside" or (self.captions == "auto" and any(map(_beside, images))):
            for path in images:
                yield from self._of_sidecar(path, splits)
        else:
            yield from self._of_folders(images, splits)

    def _tables(self, split_folders: Sequence[Path]) -> list[Path]:
        if self.path.is_file():
            return [self.path]
        tables = [folder / name for folder in (self.path, *split_folders) for name in TABLES]
        return [table for table in tables if table.is_file()]

    def _of_table(self, table: Path, images: frozenset[Path], splits: Mapping[Path, Split]) -> Iterator[Told]:
        for row in read_rows(table, encoding=self.encoding):
            where, values = row
            name = text_value(row, usual_column(row, self.file_column, FILE_COLUMNS, "file_column"))
            path = table.parent / name
            if path not in images:
                raise DataError(f"{where}: there is no image {path}; names are relative to the table")
            caption = text_value(
                row, usual_column(row, self.caption_column, CAPTION_COLUMNS, "caption_column")
            )
            label = label_value(row, self.label_column) if self.label_column in values else ""
            split = split_of(row, self.split_column) or folder_split(path, splits)
            yield Told(path, " ".join(caption.split()), label, split)

    def _of_sidecar(self, path: Path, splits: Mapping[Path, Split]) -> Iterator[Told]:
        """Yield a caption for each line that is not blank, as DALLE-pytorch reads such files."""
        text = _beside(path)
        if text is None:
            return
        captions = [" ".join(line.split()) for line in read_lines(text, self.encoding) if line.strip()]
        if not captions:
            raise DataError(f"{text} is blank; write a caption into it, or take it away with its image")
        for caption in captions:
            yield Told(path, caption, "", folder_split(path, splits))

    def _of_folders(self, images: Sequence[Path], splits: Mapping[Path, Split]) -> Iterator[Told]:
        for path in images:
            if path.parent != self._root and path.parent not in splits:
                name = path.parent.name
                yield Told(path, " ".join(name.replace("_", " ").split()), name, folder_split(path, splits))

    def _split(self, told: Sequence[Told], images: Sequence[CaptionedImage]) -> Splits:
        marks = Counter(found.split for found in told)
        if marks.keys() == {None}:
            keys = [f"{f.path.relative_to(self._root).as_posix()}\n{f.caption}" for f in told]
            return hold_out(images, keys, self.held_out)
        given: dict[Split, list[CaptionedImage]] = {}
        for found, image in zip(told, images, strict=True):
            if found.split is None:
                raise DataError(
                    f"{found.path} is in no split and others are; say which: train, validation, test"
                )
            given.setdefault(found.split, []).append(image)
        return respect(given, self.held_out)

    def _allowed(self) -> str:
        return f"captions stand in {TABLES[0]}, in NAME.txt beside NAME.png, or are the names of folders"


def _beside(image: Path) -> Path | None:
    """Return the text file of an image's name, if there is one."""
    text = image.with_suffix(".txt")
    return text if text.is_file() else None
