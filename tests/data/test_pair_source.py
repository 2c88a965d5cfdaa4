from dataclasses import dataclass
from typing import ClassVar

import pytest
from pair_texts import pairs

from armillary.core.errors import DataError
from armillary.data.base import SPLITS, TextPair
from armillary.data.cleaning import Cleaning
from armillary.data.pair_source import LeftOut, MarkedPair, PairSource


@dataclass(frozen=True, kw_only=True)
class Made(PairSource):
    kind: ClassVar[str] = "made"
    n: int = 60
    marked: bool = False
    same: bool = False

    def pairs(self):
        yield LeftOut("n_fuzzy", 2)
        yield LeftOut("n_fuzzy")
        yield TextPair(" ", "空")
        for i, (source, target) in enumerate(pairs(self.n)):
            if self.same:
                yield TextPair(f"The number of this text is {i}", f"这段文字的号码是 {i}")
            elif self.marked:
                yield MarkedPair(source, target, split=SPLITS[i % 3])
            else:
                yield TextPair(source, target)
        if self.marked:
            yield MarkedPair("a  copy of itself", "a copy of itself", split="test")


def test_pairs_are_cleaned_and_split_and_everything_is_counted():
    source = Made()
    report = source.report()
    assert report["n_fuzzy"] == 3
    assert report["n_pairs_read"] == 61
    assert report["n_dropped_empty"] == 1
    assert sum(report[f"n_{name}"] for name in SPLITS) == 60
    assert Made(cleaning=Cleaning(copies=False)).report().keys() == report.keys() - {"n_dropped_copies"}


def test_pairs_that_are_held_out_by_the_data_are_only_normalised():
    test = Made(marked=True).split("test")
    assert test[-1] == TextPair("a copy of itself", "a copy of itself")
    assert type(test[-1]) is TextPair
    assert len(test) == 21


def test_too_few_pairs_are_refused_with_what_became_of_them():
    says = (
        r"the source 'made' has 29 usable pairs of 30 read \(n_fuzzy 3, n_dropped_empty 1\); 30 are the few"
    )
    with pytest.raises(DataError, match=says):
        Made(n=29).split("train")
    assert len(Made(n=30).split("train")) == 24


def test_data_that_only_repeat_themselves_are_refused_with_the_way_out():
    with pytest.raises(DataError, match=r"repeats every .* pair; .*near_duplicates_apart=no"):
        Made(same=True).split("train")
    assert len(Made(same=True, near_duplicates_apart=False).split("test")) == 6
