"""Handwritten digits with captions, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from armillary.data.base import SOURCES
from armillary.data.captions import Worded, Wording
from armillary.data.sources.digits import Digits

ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CHINESE = "零一二三四五六七八九"

WORDINGS = {
    "en": Wording(
        ("{}", "the digit {}", "the number {}", "a handwritten {}", "a picture of the digit {}"),
        {str(digit): (str(digit), word) for digit, word in enumerate(ENGLISH)},
    ),
    "zh": Wording(
        ("{}", "数字{}", "手写的{}", "手写数字{}", "一张数字{}的图片"),
        {str(digit): (str(digit), word) for digit, word in enumerate(CHINESE)},
    ),
}


@SOURCES.register("captioned-digits")
@dataclass(frozen=True, kw_only=True)
class CaptionedDigits(Worded, Digits):
    """The digits of scikit-learn, each called by its figure or its word in one of several sentences."""

    kind: ClassVar[str] = "captioned-digits"
    wordings: ClassVar[Mapping[str, Wording]] = WORDINGS
