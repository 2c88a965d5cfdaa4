"""Which source a path means, for a task that learns from a given kind of example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from armillary.core.errors import DataError
from armillary.data.base import (
    CaptionedImage,
    Document,
    LabelledImage,
    LabelledText,
    Recording,
    Source,
    TextPair,
)
from armillary.data.rows import SUFFIXES
from armillary.data.sources.audio_folder import AudioFolder
from armillary.data.sources.captioned_fashion_mnist import CaptionedFashionMNIST
from armillary.data.sources.captioned_folder import CaptionedFolder
from armillary.data.sources.fashion_mnist import FashionMNIST
from armillary.data.sources.gettext import SUFFIXES as CATALOGUES
from armillary.data.sources.gettext import MessageCatalogues
from armillary.data.sources.huggingface import (
    HuggingFaceCaptions,
    HuggingFaceDocuments,
    HuggingFaceImages,
    HuggingFaceTexts,
    is_saved,
)
from armillary.data.sources.huggingface_pairs import HuggingFacePairs
from armillary.data.sources.image_folder import ImageFolder
from armillary.data.sources.moses import AlignedFiles, aligned_files
from armillary.data.sources.pairs import PairTable
from armillary.data.sources.table import DocumentTable, LabelledTable
from armillary.data.sources.text_files import TextFiles
from armillary.data.sources.tmx import TranslationMemory

TABLES = f"a table ({', '.join(SUFFIXES)})"
SAVED = "a folder saved by the datasets library"
ALLOWED: dict[type, str] = {
    Document: f"a text file, a folder of text files, {TABLES} with a column text, or {SAVED}",
    LabelledText: f"{TABLES} with the columns text and label, or {SAVED}",
    LabelledImage: f"a folder with a folder of images for each class, one of idx files, or {SAVED}",
    CaptionedImage: (
        "a folder of images with captions in metadata.csv, .tsv or .jsonl, in a text file beside each, or as "
        f"names of folders; such {TABLES}; a folder of Fashion-MNIST's idx files; {SAVED}"
    ),
    Recording: (
        "a folder of recordings with transcripts in metadata.csv, .tsv or .jsonl, or in a text file beside "
        f"each; or such {TABLES}"
    ),
    TextPair: (
        f"{TABLES} with a column of texts and one of their targets, two text files of the same lines (corpus "
        f"for corpus.en and corpus.zh) or a folder of such, .tmx, .po or .mo files, or {SAVED}"
    ),
}


def infer_source(path: Path, example: type[Any]) -> Source:
    """Return the source that reads ``path`` as examples of a kind.

    Raises DataError, saying what is allowed, when nothing is there or it is no such data.
    """
    if example is TextPair and (source := _of_pairs(path)) is not None:
        return source
    if not path.exists():
        raise DataError(f"there is no file or folder {path}; this task takes {ALLOWED[example]}")
    if example is Recording and (path.is_dir() or path.suffix.lower() in SUFFIXES):
        return AudioFolder(path=path)
    if path.is_dir() and is_saved(path):
        return _saved(path, example)
    if path.suffix.lower() in SUFFIXES and path.is_file():
        if example is Document:
            return DocumentTable(path=path)
        if example is LabelledText:
            return LabelledTable(path=path)
        if example is CaptionedImage:
            return CaptionedFolder(path=path)
    elif example is Document:
        return TextFiles(path=path)
    elif example in (LabelledImage, CaptionedImage) and path.is_dir():
        is_idx = any(path.glob("*-idx3-ubyte*"))
        if example is CaptionedImage:
            return CaptionedFashionMNIST(path=path) if is_idx else CaptionedFolder(path=path)
        return FashionMNIST(path=path) if is_idx else ImageFolder(path=path)
    raise DataError(f"{path} is not what this task learns from, which is {ALLOWED[example]}")


def _of_pairs(path: Path) -> Source | None:
    """Return the source of pairs that ``path``, or the part that the names of two files share, means."""
    endings = {place.suffix for place in path.glob("**/*")} if path.is_dir() else {path.suffix.lower()}
    if path.is_dir() and is_saved(path):
        return HuggingFacePairs(path=str(path))
    if path.is_file() and path.suffix.lower() in SUFFIXES:
        return PairTable(path=path)
    if path.exists() and ".tmx" in endings:
        return TranslationMemory(path=path)
    if path.exists() and endings & {*CATALOGUES}:
        return MessageCatalogues(path=path)
    for prefix in (path, path.parent / path.stem):  # one of the two files means both
        if aligned_files(prefix):
            return AlignedFiles(path=prefix)
    return None


def _saved(folder: Path, example: type[Any]) -> Source:
    if example is Document:
        return HuggingFaceDocuments(path=str(folder))
    if example is LabelledText:
        return HuggingFaceTexts(path=str(folder))
    if example is CaptionedImage:
        return HuggingFaceCaptions(path=str(folder))
    return HuggingFaceImages(path=str(folder))
