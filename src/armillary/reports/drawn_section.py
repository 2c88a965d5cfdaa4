"""What a run's page shows of images that were drawn: a grid, each with what was asked for and is seen."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from armillary.core.errors import RequestError
from armillary.reports.output_text import language
from armillary.reports.words import Words
from armillary.runs.judgement import Judged, Judgement, media_path, read_judgement
from armillary.runs.run import Run


@dataclass(frozen=True)
class DrawnImage:
    """An image and its caption."""

    source: str  # a data: address
    caption: str
    lang: str
    seen: str  # what a classifier takes it for, where that is not what was asked for; else ""


@dataclass(frozen=True)
class Stage:
    """What a model drew while it learnt."""

    step: str
    source: str  # a data: address


@dataclass(frozen=True)
class Drawn:
    """The view of a judgement of images, and of what was drawn on the way."""

    split: str
    images: Sequence[DrawnImage]
    stages: Sequence[Stage]


def drawn_of(run: Run, words: Words) -> Drawn | None:
    """Return the images that are kept of ``run``'s test split; None where it draws none."""
    try:
        judgement = read_judgement(run)
    except RequestError:
        return None
    if judgement.reads != "captions":
        return None
    images = [image for e in judgement.examples if (image := _image(run, judgement, e)) is not None]
    stages = [Stage(f"{step:,}", _address(path)) for step, path in run.pictures().items()]
    return Drawn(words(f"split.{judgement.split}"), images, stages) if images else None


def _image(run: Run, judgement: Judgement, example: Judged) -> DrawnImage | None:
    path = media_path(run, judgement.split, example.media)
    if not example.media or not path.is_file() or path.suffix != ".png":
        return None
    seen = "" if example.output == example.reference else example.output
    return DrawnImage(_address(path), example.source, language(example.source), seen)


def _address(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
