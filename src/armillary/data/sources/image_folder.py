"""A user's own images: a folder for each class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import SOURCES, LabelledImage, Split
from armillary.data.pictures import SUFFIXES, Colour, Picture, read_pictures
from armillary.data.splits import (
    HoldOut,
    Splits,
    SplitSource,
    hold_out,
    named_split,
    require_classes,
    respect,
)


class Found(NamedTuple):
    """An image file, its class, and the split whose folder it lies in, if there are such folders."""

    path: Path
    label: str
    split: Split | None


@SOURCES.register("image-folder")
@dataclass(frozen=True, kw_only=True)
class ImageFolder(SplitSource):
    """``path/CLASS/...`` or ``path/SPLIT/CLASS/...``, with SPLIT one of train, validation and test.

    Images come to one size: see ``pictures.read_pictures``.  Hidden files and files that are no images by
    their name are passed over; the latter are counted.
    """

    kind: ClassVar[str] = "image-folder"
    example: ClassVar[type] = LabelledImage
    licence: ClassVar[str] = "unknown: the user's own images"
    citation: ClassVar[str] = "the user's own images"
    path: Path
    size: int | None = None  # pixels a side; None: their own when all are alike, else inferred
    colour: Colour = "auto"
    held_out: HoldOut = HoldOut()

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise ConfigError(f"size is 1 pixel or more, got {self.size}")

    def read(self) -> Splits:
        found = list(self._found())
        pictures = [Picture(str(file.path), file.path) for file in found]
        pixels, n_resized = read_pictures(pictures, self.size, self.colour)
        images = [LabelledImage(p, file.label) for p, file in zip(pixels, found, strict=True)]
        splits = self._split(found, images)
        others = sum(1 for path in visible_files(self.path) if path.suffix.lower() not in SUFFIXES)
        return Splits(splits.examples, {**splits.report, "n_resized": n_resized, "n_other_files": others})

    def _split(self, found: list[Found], images: list[LabelledImage]) -> Splits:
        if found[0].split is None:
            require_classes(images, str(self.path))
            keys = [file.path.relative_to(self.path).as_posix() for file in found]
            return hold_out(images, keys, self.held_out)
        given: dict[Split, list[LabelledImage]] = {}
        for file, image in zip(found, images, strict=True):
            assert file.split is not None
            given.setdefault(file.split, []).append(image)
        require_classes(given.get("train", []), f"{self.path}, training", at_least=1)
        return respect(given, self.held_out)

    def _found(self) -> Iterator[Found]:
        """Yield the images of all classes, in the order of their names."""
        splits = split_folders(self.path)
        if not splits:
            yield from self._of_classes(self.path, None)
        for folder, split in splits.items():
            yield from self._of_classes(folder, split)

    def _of_classes(self, folder: Path, split: Split | None) -> Iterator[Found]:
        classes = _folders(folder)
        stray = next((path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES), None)
        if stray is not None or not classes:
            raise DataError(
                f"{stray or folder}: each class has a folder of its own, such as {folder / 'cat' / '1.png'}"
            )
        for place in classes:
            images = [path for path in visible_files(place) if path.suffix.lower() in SUFFIXES]
            if not images:
                raise DataError(f"{place} has no image in it; fill the class or take its folder away")
            yield from (Found(path, place.name, split) for path in images)


def split_folders(folder: Path) -> dict[Path, Split]:
    """Return the folders of splits in ``folder`` and which each is; none where there is none for training.

    DataError when another folder lies beside them.
    """
    splits: dict[Path, Split] = {}
    others = []
    for place in _folders(folder):
        split = named_split(place.name)
        if split is None:
            others.append(place)
        else:
            splits[place] = split
    if "train" not in splits.values():
        return {}
    if others:
        raise DataError(f"{others[0]} lies beside folders of splits; it should be train, validation or test")
    return splits


def visible_files(folder: Path) -> list[Path]:
    """Return all files under ``folder`` but hidden ones, in the order of their names."""
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [folder / name for name in names if not any(part.startswith(".") for part in name.parts)]


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}")
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
