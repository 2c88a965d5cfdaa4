"""Fashion-MNIST with captions, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from armillary.data.base import SOURCES
from armillary.data.captions import Worded, Wording
from armillary.data.sources.fashion_mnist import LABELS, FashionMNIST

ENGLISH = (
    ("a T-shirt", "a short-sleeved top"),
    ("trousers", "a pair of trousers"),
    ("a pullover", "a sweater"),
    ("a dress", "a one-piece dress"),
    ("a coat", "an overcoat"),
    ("a sandal", "an open sandal"),
    ("a shirt", "a buttoned shirt"),
    ("a sneaker", "a sports shoe"),
    ("a bag", "a handbag"),
    ("an ankle boot", "a short boot"),
)
CHINESE = (
    ("T恤", "短袖上衣"),
    ("裤子", "长裤"),
    ("套头衫", "毛衣"),
    ("连衣裙", "裙子"),
    ("外套", "大衣"),
    ("凉鞋", "露趾凉鞋"),
    ("衬衫", "衬衣"),
    ("运动鞋", "球鞋"),
    ("包", "手提包"),
    ("短靴", "踝靴"),
)

WORDINGS = {
    "en": Wording(
        ("{}", "a picture of {}", "a photo of {}", "{} on a black background"),
        dict(zip(LABELS, ENGLISH, strict=True)),
    ),
    "zh": Wording(
        ("{}", "{}的图片", "一张{}的照片", "黑色背景上的{}"), dict(zip(LABELS, CHINESE, strict=True))
    ),
}


@SOURCES.register("captioned-fashion-mnist")
@dataclass(frozen=True, kw_only=True)
class CaptionedFashionMNIST(Worded, FashionMNIST):
    """Fashion-MNIST, each image called by one of two names of its class in one of several sentences."""

    kind: ClassVar[str] = "captioned-fashion-mnist"
    wordings: ClassVar[Mapping[str, Wording]] = WORDINGS
