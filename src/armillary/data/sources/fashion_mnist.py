"""Fashion-MNIST: 70,000 grey images of ten kinds of clothing, 28x28."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from armillary.core.errors import DataError
from armillary.data.base import SOURCES, LabelledImage, Split
from armillary.data.debian import unpacked
from armillary.data.idx import read_idx
from armillary.data.splits import HoldOut, Splits, SplitSource, respect

PACKAGE = "dataset-fashion-mnist"
FOLDER = "usr/share/datasets/fashion-mnist"  # where the package puts them, under /
LABELS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
FILES = {"train": "train", "test": "t10k"}  # the first word of a file's name
HELD_OUT = 12  # the last twelfth of the training images is for validation: 5,000 of 60,000


@SOURCES.register("fashion-mnist")
@dataclass(frozen=True, kw_only=True)
class FashionMNIST(SplitSource):
    """The official test images; validation is the last twelfth of the training images."""

    kind: ClassVar[str] = "fashion-mnist"
    example: ClassVar[type] = LabelledImage
    licence: ClassVar[str] = "MIT"
    citation: ClassVar[str] = (
        "H. Xiao, K. Rasul and R. Vollgraf (2017). Fashion-MNIST: a Novel Image Dataset for Benchmarking "
        "Machine Learning Algorithms. arXiv:1708.07747"
    )
    path: Path | None = None  # folder with the four idx files; None: Debian's package, fetched where needed

    def read(self) -> Splits:
        folder = self.path if self.path is not None else _packaged()
        train, test = (_examples(folder, word) for word in FILES.values())
        n_kept = len(train) - len(train) // HELD_OUT
        given: dict[Split, list[LabelledImage]] = {
            "train": train[:n_kept],
            "validation": train[n_kept:],
            "test": test,
        }
        return respect(given, HoldOut())


def _packaged() -> Path:
    """Return the folder of Debian's package: installed, or unpacked into the cache."""
    installed = Path("/") / FOLDER
    if installed.is_dir():
        return installed
    try:
        return unpacked(PACKAGE) / FOLDER
    except DataError as error:
        raise DataError(
            f"{error}; name the folder of Fashion-MNIST's four idx files yourself: data=FOLDER"
        ) from error


def _examples(folder: Path, word: str) -> list[LabelledImage]:
    images = read_idx(_file(folder, f"{word}-images-idx3-ubyte"), 3)
    labels = read_idx(_file(folder, f"{word}-labels-idx1-ubyte"), 1)
    if len(images) != len(labels):
        raise DataError(f"{folder}: {len(images)} {word} images, but {len(labels)} labels")
    if len(labels) and labels.max() >= len(LABELS):
        raise DataError(
            f"{folder}: a {word} label is {labels.max()}; Fashion-MNIST has 0 to {len(LABELS) - 1}"
        )
    return [
        LabelledImage(pixels, LABELS[label]) for pixels, label in zip(images[..., None], labels, strict=True)
    ]


def _file(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    raise DataError(f"{folder} has no {name}.gz; a folder of Fashion-MNIST has four idx files")
