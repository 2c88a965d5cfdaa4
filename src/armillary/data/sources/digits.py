"""Handwritten digits, 8x8, as scikit-learn ships them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from armillary.data.base import SOURCES, LabelledImage
from armillary.data.splits import HoldOut, Splits, SplitSource, hold_out

INK = 16  # the largest value of a pixel there


@SOURCES.register("digits")
@dataclass(frozen=True, kw_only=True)
class Digits(SplitSource):
    """1,797 grey images of ten digits, split class by class."""

    kind: ClassVar[str] = "digits"
    example: ClassVar[type] = LabelledImage
    licence: ClassVar[str] = "CC-BY-4.0"
    citation: ClassVar[str] = (
        "E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits. "
        "UCI Machine Learning Repository. https://doi.org/10.24432/C50P49"
    )
    held_out: HoldOut = HoldOut(validation=0.1, test=0.2)

    def read(self) -> Splits:
        from sklearn.datasets import load_digits

        data = load_digits()
        pixels = np.rint(data.images * (255 / INK)).astype(np.uint8)[..., np.newaxis]
        images = [LabelledImage(p, str(label)) for p, label in zip(pixels, data.target, strict=True)]
        return hold_out(images, [str(place) for place in range(len(images))], self.held_out)
