from collections import Counter

import numpy as np
import pytest

from armillary.core.errors import ConfigError
from armillary.data.base import LabelledImage
from armillary.data.captions import Wording, captioned, captions_by_class
from armillary.data.splits import Splits

WORDINGS = {
    "en": Wording(("{}", "a picture of {}"), {"cat": ("a cat",), "dog": ("a dog", "a hound")}),
    "zh": Wording(("一只{}",), {"cat": ("猫",), "dog": ("狗",)}),
}


def images(n=400):
    rng = np.random.default_rng(0)
    made = [LabelledImage(rng.integers(0, 256, (4, 4, 1), np.uint8), ("cat", "dog")[i % 2]) for i in range(n)]
    return Splits({"train": made[20:], "validation": made[:10], "test": made[10:20]}, {"n_dropped": 3})


def test_a_class_has_every_name_in_every_sentence():
    captions = captions_by_class(WORDINGS, ("zh", "en"))
    assert captions["dog"] == [
        ["一只狗"],
        ["a dog", "a picture of a dog", "a hound", "a picture of a hound"],
    ]


def test_languages_come_equally_often_and_so_do_their_captions():
    made = captioned(images(), captions_by_class(WORDINGS, ("en", "zh")), seed=0)
    counts = Counter(image.caption for image in made["train"] if image.label == "dog")
    assert counts.keys() == {"一只狗", "a dog", "a picture of a dog", "a hound", "a picture of a hound"}
    assert 70 < counts.pop("一只狗") < 120  # half of 190
    assert all(10 < n < 40 for n in counts.values())
    assert made.report == {"n_dropped": 3}


def test_the_draw_depends_on_image_and_seed_alone():
    captions = captions_by_class(WORDINGS, ("en",))
    given = images()
    turned = Splits({name: given[name][::-1] for name in given.examples})
    first, again, other = (
        [image.caption for image in captioned(which, captions, seed)["train"]]
        for which, seed in ((given, 0), (turned, 0), (given, 1))
    )
    assert first == again[::-1]
    assert first != other


def test_pixels_and_labels_stay():
    given = images()
    made = captioned(given, captions_by_class(WORDINGS, ("en",)), seed=0)
    for before, after in zip(given["train"], made["train"], strict=True):
        assert after.pixels is before.pixels
        assert after.label == before.label


@pytest.mark.parametrize(
    ("languages", "says"), [(("en", "fr"), "no language .* 'fr'"), ((), "one or more of en, zh")]
)
def test_a_language_without_wording_is_refused(languages, says):
    with pytest.raises(ConfigError, match=says):
        captions_by_class(WORDINGS, languages)
