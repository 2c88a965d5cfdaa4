"""Captions for images of which only the class is known: worded in several ways and languages."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from armillary.core.errors import ConfigError, unknown
from armillary.data.base import SPLITS, CaptionedImage, LabelledImage
from armillary.data.splits import Splits, SplitSource, content_key, hash_of


@dataclass(frozen=True)
class Wording:
    """How one language names the classes, and the sentences that such a name, in braces, stands in."""

    sentences: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]  # by class

    def captions(self, label: str) -> list[str]:
        """Return all captions of a class."""
        return [
            sentence.format(name) for name, sentence in itertools.product(self.names[label], self.sentences)
        ]


@dataclass(frozen=True, kw_only=True)
class Worded(SplitSource):
    """Mixed into a source of labelled images: each gets one of the captions of its class."""

    wordings: ClassVar[Mapping[str, Wording]]  # by language
    example: ClassVar[type] = CaptionedImage
    languages: tuple[str, ...] = ("en", "zh")
    caption_seed: int = 0  # another seed, other captions for the same images

    def captions(self) -> dict[str, list[list[str]]]:
        """Return all captions of each class, by language."""
        return captions_by_class(self.wordings, self.languages)

    def read(self) -> Splits:
        captions = self.captions()
        return captioned(super().read(), captions, self.caption_seed)  # type: ignore[safe-super]


def captions_by_class(
    wordings: Mapping[str, Wording], languages: Sequence[str]
) -> dict[str, list[list[str]]]:
    """Return the captions of each class, a list for each of the ``languages``.

    ConfigError, naming those there are, for a language without wording and when none is asked for.
    """
    if not languages:
        raise ConfigError(f"captions need a language, one or more of {', '.join(wordings)}")
    for language in languages:
        if language not in wordings:
            raise ConfigError(unknown("language of these captions", language, wordings))
    labels = wordings[languages[0]].names
    return {label: [wordings[language].captions(label) for language in languages] for label in labels}


def captioned(images: Splits, captions: Mapping[str, Sequence[Sequence[str]]], seed: int) -> Splits:
    """Give each labelled image one of the ``captions`` of its class, every language as often as the others.

    The draw is by a hash of the image: the order of images has no say, and another seed draws anew.
    """

    def caption(image: LabelledImage) -> CaptionedImage:
        number = int.from_bytes(hash_of(content_key(image), seed))
        by_language = captions[image.label]
        number, language = divmod(number, len(by_language))
        found = by_language[language]
        return CaptionedImage(image.pixels, image.label, found[number % len(found)])

    return Splits({name: [caption(image) for image in images[name]] for name in SPLITS}, images.report)
