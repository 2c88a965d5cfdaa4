"""Whatever the ``datasets`` library loads: a folder that it saved, or a name on a hub."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from armillary.core.errors import ConfigError, DataError, MissingExtraError
from armillary.data.base import SOURCES, SPLITS, CaptionedImage, Document, LabelledImage, LabelledText, Split
from armillary.data.pictures import Colour, Picture, read_pictures
from armillary.data.rows import Row, label_value, text_value, value
from armillary.data.splits import HoldOut, Splits, SplitSource, named_split, require_classes, respect

SAVED = ("dataset_dict.json", "dataset_info.json", "state.json")  # one of them is in each saved folder


@dataclass(frozen=True, kw_only=True)
class HuggingFaceData(SplitSource):
    """Where a data set lies, and its rows by split.

    Splits with other names than train, validation and test (and their usual variants) are counted only.
    """

    licence: ClassVar[str] = "unknown: see the data set's card"
    citation: ClassVar[str] = "see the data set's card"
    path: str  # a folder written by save_to_disk, or a name on the hub
    config: str | None = None  # which of a hub data set's configurations
    revision: str | None = None  # a commit, branch or tag of the hub's repository

    def rows(self) -> tuple[dict[Split, list[Row]], int]:
        """Return the rows of each split that is there, and how many are in splits of other names.

        DataError when it cannot be loaded or has no training split.
        """
        loaded = self._load()
        found: dict[Split, list[Row]] = {}
        n_other = 0
        for name, dataset in loaded.items():
            split = named_split(name)
            if split is None:
                n_other += len(dataset)
            else:
                found.setdefault(split, []).extend(_rows(dataset, f"{self.path}, {name}"))
        if "train" not in found:
            raise DataError(f"{self.path} has no training examples; its splits are {', '.join(loaded)}")
        return found, n_other

    def _load(self) -> dict[str, Any]:
        """Return the data sets by the name of their split."""
        try:
            import datasets
        except ImportError as error:
            raise MissingExtraError(f"the source {self.kind!r}", "datasets", "hub") from error
        saved = is_saved(Path(self.path))
        if saved and (self.config or self.revision):
            raise ConfigError(f"{self.path} is a folder; config and revision are for names on the hub")
        try:
            if saved:
                loaded = datasets.load_from_disk(self.path)
            else:
                loaded = datasets.load_dataset(self.path, self.config, revision=self.revision)
        except (OSError, ValueError, KeyError, datasets.exceptions.DatasetsError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise DataError(f"the datasets library cannot load {self.path!r}: {reason}") from error
        return dict(loaded) if isinstance(loaded, datasets.DatasetDict) else {"train": loaded}


@dataclass(frozen=True, kw_only=True)
class HuggingFaceSource(HuggingFaceData):
    """A data set with its own splits as far as it has them; those that it lacks come out of training."""

    held_out: HoldOut = HoldOut()

    @abstractmethod
    def examples(self, rows: Sequence[Row]) -> list[Any]:
        """Return the example in each row; DataError, naming the row, when one cannot be used."""

    def read(self) -> Splits:
        rows, n_other = self.rows()
        examples = iter(self.examples([row for name in rows for row in rows[name]]))
        given: dict[Split, list[Any]] = {name: [] for name in SPLITS}
        for name in rows:
            given[name] = list(itertools.islice(examples, len(rows[name])))
        if self.example in (LabelledText, LabelledImage):
            require_classes(given["train"], self.path, at_least=1 if all(given.values()) else 3)
        found = respect(given, self.held_out)
        return Splits(found.examples, {**found.report, "n_in_other_splits": n_other})


@SOURCES.register("huggingface-documents")
@dataclass(frozen=True, kw_only=True)
class HuggingFaceDocuments(HuggingFaceSource):
    """A column of texts, each a document."""

    kind: ClassVar[str] = "huggingface-documents"
    example: ClassVar[type] = Document
    text_column: str = "text"

    def examples(self, rows: Sequence[Row]) -> list[Document]:
        return [Document(text_value(row, self.text_column), row[0]) for row in rows]


@SOURCES.register("huggingface")
@dataclass(frozen=True, kw_only=True)
class HuggingFaceTexts(HuggingFaceSource):
    """A column of texts and one of labels."""

    kind: ClassVar[str] = "huggingface"
    example: ClassVar[type] = LabelledText
    text_column: str = "text"
    label_column: str = "label"

    def examples(self, rows: Sequence[Row]) -> list[LabelledText]:
        return [
            LabelledText(text_value(row, self.text_column), label_value(row, self.label_column))
            for row in rows
        ]


@SOURCES.register("huggingface-images")
@dataclass(frozen=True, kw_only=True)
class HuggingFaceImages(HuggingFaceSource):
    """A column of images and one of labels; the images come to one size as those of a folder do."""

    kind: ClassVar[str] = "huggingface-images"
    example: ClassVar[type] = LabelledImage
    image_column: str = "image"
    label_column: str = "label"
    size: int | None = None  # pixels a side; None: their own when all are alike, else inferred
    colour: Colour = "auto"

    def examples(self, rows: Sequence[Row]) -> list[LabelledImage]:
        labels = [label_value(row, self.label_column) for row in rows]
        pixels, _ = read_pictures([self._picture(row) for row in rows], self.size, self.colour)
        return [LabelledImage(p, label) for p, label in zip(pixels, labels, strict=True)]

    def _picture(self, row: Row) -> Picture:
        found = value(row, self.image_column)
        stored = (found.get("bytes") or found.get("path")) if isinstance(found, dict) else None
        if stored is None:
            raise DataError(
                f"{row[0]}: the column {self.image_column!r} holds {found!r:.60}, which is no image"
            )
        return Picture(row[0], stored if isinstance(stored, bytes) else Path(stored))


@SOURCES.register("huggingface-captions")
@dataclass(frozen=True, kw_only=True)
class HuggingFaceCaptions(HuggingFaceImages):
    """A column of images and one of captions; one of labels where it is there."""

    kind: ClassVar[str] = "huggingface-captions"
    example: ClassVar[type] = CaptionedImage
    caption_column: str = "text"

    def examples(self, rows: Sequence[Row]) -> list[LabelledImage]:
        captions = [text_value(row, self.caption_column) for row in rows]
        labels = [label_value(row, self.label_column) if self.label_column in row[1] else "" for row in rows]
        pixels, _ = read_pictures([self._picture(row) for row in rows], self.size, self.colour)
        return [CaptionedImage(*parts) for parts in zip(pixels, labels, captions, strict=True)]


def is_saved(folder: Path) -> bool:
    """Return whether the ``datasets`` library saved something in ``folder``."""
    return any((folder / name).is_file() for name in SAVED)


def _rows(dataset: Any, where: str) -> Iterator[Row]:
    """Yield the rows with class numbers as names (an unknown class as None) and images as their files."""
    import datasets

    names = {}
    for column, feature in dataset.features.items():
        if isinstance(feature, datasets.ClassLabel):
            names[column] = feature.names
        elif isinstance(feature, datasets.Image):
            dataset = dataset.cast_column(column, datasets.Image(decode=False))
    for n, found in enumerate(dataset, start=1):
        named = {
            column: known[found[column]] if found[column] is not None and found[column] >= 0 else None
            for column, known in names.items()
        }
        yield f"{where}, row {n}", {**found, **named}
