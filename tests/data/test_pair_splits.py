import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pair_texts import pairs

from armillary.core.errors import DataError
from armillary.data.base import SPLITS, TextPair
from armillary.data.pair_splits import hold_out_pairs, split_pairs
from armillary.data.splits import HoldOut

NO_DROPS = {"n_validation_near_duplicates_dropped": 0, "n_test_near_duplicates_dropped": 0}


def made(n, n_documents=0, seed=0):
    return [
        TextPair(*pair, f"page {i % n_documents}" if n_documents else "")
        for i, pair in enumerate(pairs(n, seed))
    ]


def split_of(splits):
    return {pair: name for name in SPLITS for pair in splits[name]}


@settings(max_examples=15)
@given(n=st.integers(30, 90), n_documents=st.sampled_from([0, 1, 2, 5, 20]), seed=st.integers(0, 9))
def test_splits_are_disjoint_complete_near_their_shares_and_in_any_order_the_same(n, n_documents, seed):
    given_pairs, shares = made(n, n_documents), HoldOut(seed=seed)
    splits = hold_out_pairs(given_pairs, shares)
    found = [pair for name in SPLITS for pair in splits[name]]
    assert Counter(found) == Counter(given_pairs)
    assert all(len(splits[name]) >= 0.05 * n - 1 for name in SPLITS)
    assert len(splits["train"]) >= n / 2
    shuffled = random.Random(seed).sample(given_pairs, n)
    assert dict(hold_out_pairs(shuffled, shares).examples) == dict(splits.examples)


def test_pairs_of_a_document_fall_together():
    splits = hold_out_pairs(made(600, 40), HoldOut())
    places = {}
    for pair, name in split_of(splits).items():
        places.setdefault(pair.document, set()).add(name)
    assert all(len(names) == 1 for names in places.values())
    assert splits.report == {"n_documents": 40, "n_near_duplicates_kept_together": 0}
    assert [len(splits[name]) for name in SPLITS] == pytest.approx([480, 60, 60], abs=15)


def test_the_size_of_a_document_does_not_draw_it_out_of_training():
    small = [TextPair(*pair, f"small {i}") for i, pair in enumerate(pairs(400))]
    large = [TextPair(*pair, f"large {i % 40}") for i, pair in enumerate(pairs(400, seed=1))]
    counts = Counter()
    for seed in range(8):
        splits = hold_out_pairs([*small, *large], HoldOut(seed=seed), apart=False)
        counts.update(pair.document.split()[0] for pair in splits["test"])
    assert 0.3 < counts["large"] / counts.total() < 0.7


def test_too_few_documents_are_divided_and_that_is_counted():
    splits = hold_out_pairs(made(100, 2), HoldOut())
    assert splits.report["n_documents_divided"] == 2
    assert [len(splits[name]) for name in SPLITS] == pytest.approx([80, 10, 10], abs=1)
    uneven = [*made(300, 1), *[TextPair(*pair, f"page {i}") for i, pair in enumerate(pairs(3, 9), start=1)]]
    assert hold_out_pairs(uneven, HoldOut()).report["n_documents_divided"] == 4


@pytest.mark.parametrize("side", ["source", "target"])
def test_near_duplicates_of_either_side_fall_together(side):
    first = made(200)
    others = [pair[side == "source"] for pair in pairs(200, seed=1)]
    again = [
        TextPair(f"{p.source}!", other) if side == "source" else TextPair(other, f"{p.target}。")
        for p, other in zip(first, others, strict=True)
    ]
    splits = hold_out_pairs([*first, *again], HoldOut())
    where = split_of(splits)
    together = sum(where[a] == where[b] for a, b in zip(first, again, strict=True))
    assert together >= 190  # of 200; the hashes find most of the short ones
    assert 185 <= splits.report["n_near_duplicates_kept_together"] <= together


def test_boilerplate_in_every_document_stays_in_training_and_leaves_the_held_out_splits():
    body = made(1000, 50)
    boilerplate = [
        TextPair("See also the following pages", f"另请参阅以下页面 {i}", f"page {i}") for i in range(50)
    ]
    splits = hold_out_pairs([*body, *boilerplate], HoldOut())
    sources = {name: {pair.source for pair in splits[name]} for name in SPLITS}
    assert "See also the following pages" in sources["train"]
    assert not sources["train"] & (sources["test"] | sources["validation"])
    n_gone = sum(splits.report[name] for name in NO_DROPS)
    assert n_gone == 1050 - sum(len(splits[name]) for name in SPLITS)
    assert n_gone == pytest.approx(10, abs=3)
    ignored = hold_out_pairs([*body, *boilerplate], HoldOut(), apart=False)
    assert sum(len(ignored[name]) for name in SPLITS) == 1050


def test_the_beginning_of_a_split_is_a_sample_of_its_documents():
    splits = hold_out_pairs(made(2000, 100), HoldOut())
    documents = [pair.document for pair in splits["test"]]
    assert len(set(documents[:50])) >= 9  # of 10


def test_given_splits_stand_and_training_loses_what_nearly_repeats_them():
    every = made(100)
    leak = TextPair(every[80].source + " .", "完全不同的一个句子在这里")
    marked = {"train": [*every[:70], leak], "validation": every[70:80], "test": every[80:]}
    splits = split_pairs(marked, HoldOut())
    assert splits["train"] == every[:70]
    assert splits["validation"] == every[70:80]
    assert splits["test"] == every[80:]
    assert splits.report == {"n_training_near_duplicates_dropped": 1}
    assert leak in split_pairs(marked, HoldOut(), apart=False)["train"]


def test_a_split_that_is_not_given_is_drawn_from_training():
    every = made(100, 20)
    splits = split_pairs({"train": every[:80], "test": every[80:]}, HoldOut())
    assert splits["test"] == every[80:]
    assert len(splits["validation"]) == pytest.approx(8, abs=4)
    assert Counter([*splits["train"], *splits["validation"]]) == Counter(every[:80])
    with pytest.raises(DataError, match="no pair is in the training split"):
        split_pairs({"test": every}, HoldOut())
