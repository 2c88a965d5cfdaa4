from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import SPLITS, Document, LabelledImage, LabelledText
from armillary.data.splits import HoldOut, hold_out, require_classes, respect


def documents(n, seed=0):
    rng = np.random.default_rng(seed)
    return [Document(f"{i} " + " ".join(map(str, rng.integers(0, 10**6, 30))), f"file {i}") for i in range(n)]


def names(splits):
    return {name: [document.name for document in splits[name]] for name in SPLITS}


def split(examples, **shares):
    return hold_out(examples, [example.name for example in examples], HoldOut(**shares))


@given(n=st.integers(3, 60), seed=st.integers(0, 100), share=st.floats(0.01, 0.4))
def test_splits_are_disjoint_complete_and_never_empty(n, seed, share):
    splits = split(documents(n), validation=share, test=share, seed=seed)
    found = [name for split_names in names(splits).values() for name in split_names]
    assert sorted(found) == sorted(document.name for document in documents(n))
    assert all(splits[name] for name in SPLITS)


def test_shares_are_what_was_asked():
    splits = split(documents(1000), validation=0.1, test=0.2)
    assert [len(splits[name]) for name in SPLITS] == pytest.approx([700, 100, 200], abs=10)


def test_the_split_does_not_depend_on_the_order_given_but_on_the_seed():
    given = documents(50)
    assert names(split(given)) == names(split(given[::-1]))
    assert names(split(given)) != names(split(given, seed=1))


def test_documents_count_by_length_and_a_giant_stays_in_training():
    given = [*documents(20), Document("x" * 100_000, "giant")]
    splits = split(given)
    assert "giant" in names(splits)["train"]
    assert [len(splits[name]) for name in SPLITS[1:]] == pytest.approx([5, 5], abs=1)


def test_near_duplicates_fall_together_and_are_counted():
    given = documents(200)
    copies = [Document(d.text.upper() + "!", f"{d.name} copy") for d in given[:100]]
    splits = split([*given, *copies])
    place = {name: where for where, found in names(splits).items() for name in found}
    assert all(place[f"file {i}"] == place[f"file {i} copy"] for i in range(100))
    assert len(set(place.values())) == 3
    assert splits.report == {"n_near_duplicates_kept_together": 100}


def test_every_class_is_in_every_split():
    rng = np.random.default_rng(0)
    labels = ["common"] * 300 + ["rare"] * 5
    texts = [LabelledText(" ".join(map(str, rng.integers(0, 10**6, 9))), label) for label in labels]
    splits = hold_out(texts, [t.text for t in texts], HoldOut())
    counts = {name: Counter(t.label for t in splits[name]) for name in SPLITS}
    assert [counts[name]["rare"] for name in SPLITS] == [3, 1, 1]
    assert [counts[name]["common"] for name in SPLITS] == [240, 30, 30]


def test_given_splits_are_kept_but_for_training_copies_of_held_out_examples():
    given = documents(60)
    leak = Document(given[50].text + " .", "leak")
    splits = respect(
        {"train": [*given[:40], leak], "validation": given[40:50], "test": given[50:]}, HoldOut()
    )
    assert splits["train"] == given[:40]
    assert splits["validation"] == given[40:50]
    assert splits["test"] == given[50:]
    assert splits.report == {"n_training_near_duplicates_dropped": 1}


def test_a_missing_split_is_taken_from_training():
    given = documents(60)
    splits = respect({"train": given[:50], "test": given[50:]}, HoldOut(validation=0.2))
    assert splits["test"] == given[50:]
    assert len(splits["validation"]) == pytest.approx(10, abs=2)
    together = [document.name for name in ("train", "validation") for document in splits[name]]
    assert sorted(together) == sorted(document.name for document in given[:50])


def test_images_are_compared_by_their_pixels():
    rng = np.random.default_rng(0)
    images = [LabelledImage(rng.integers(0, 256, (8, 8, 1), np.uint8), str(i % 2)) for i in range(40)]
    copies = [LabelledImage(image.pixels.copy(), image.label) for image in images[:5]]
    splits = respect({"train": images, "test": copies}, HoldOut())
    assert splits.report == {"n_training_near_duplicates_dropped": 5}
    assert not {id(image) for image in images[:5]} & {id(image) for image in splits["train"]}


def test_classes_are_required():
    few = [LabelledText(f"text {i}", "a") for i in range(9)]
    with pytest.raises(DataError, match=r"my\.csv has only one class, 'a'"):
        require_classes(few, "my.csv")
    with pytest.raises(DataError, match=r"class 'b' has 1 example;"):
        require_classes([*few, LabelledText("x", "b")], "my.csv")
    require_classes([*few, *[LabelledText("x", "b")] * 3], "my.csv")


@pytest.mark.parametrize("shares", [{"validation": 0.0}, {"test": -0.1}, {"validation": 0.5, "test": 0.5}])
def test_impossible_shares_are_refused(shares):
    with pytest.raises(ConfigError, match="held-out shares"):
        HoldOut(**shares)


def test_no_training_examples_are_refused():
    with pytest.raises(DataError, match="no training"):
        respect({"test": documents(3)}, HoldOut())
