import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from armillary.core.plain import from_plain, to_plain


@dataclass(frozen=True)
class Leaf:
    value: float
    name: str | None = None


@dataclass(frozen=True)
class Branch:
    leaves: tuple[Leaf, ...]
    best: Leaf | None
    counts: Mapping[str, float]


TREE = Branch(leaves=(Leaf(1.5), Leaf(math.inf, "far")), best=None, counts={"a": 2.0})


def test_objects_survive_json():
    assert from_plain(Branch, json.loads(json.dumps(to_plain(TREE), allow_nan=False))) == TREE


def test_infinity_is_null():
    assert to_plain(TREE)["leaves"][1]["value"] is None


@pytest.mark.parametrize(
    "broken",
    [
        {"leaves": [], "best": None},
        {"leaves": [{"value": 1.0, "colour": "red"}], "best": None, "counts": {}},
        {"leaves": [3], "best": None, "counts": {}},
        {"leaves": [{"value": "much"}], "best": None, "counts": {}},
    ],
)
def test_another_shape_is_an_error(broken):
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_plain(Branch, broken)
