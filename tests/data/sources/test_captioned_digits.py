from armillary.data.base import SPLITS
from armillary.data.sources.captioned_digits import CaptionedDigits
from armillary.data.sources.digits import Digits


def test_each_digit_is_called_in_both_languages_and_all_captions_occur():
    source = CaptionedDigits()
    told = {(image.label, image.caption) for name in SPLITS for image in source.split(name)}
    allowed = {
        (label, c)
        for label, by_language in source.captions().items()
        for captions in by_language
        for c in captions
    }
    assert ("7", "the digit seven") in told
    assert ("7", "数字七") in told
    assert told <= allowed
    assert len(told) > 0.98 * len(allowed)


def test_a_caption_means_one_digit():
    meanings = {}
    for label, by_language in CaptionedDigits().captions().items():
        for caption in (c for captions in by_language for c in captions):
            assert meanings.setdefault(caption, label) == label


def test_the_images_are_those_of_the_labelled_digits():
    for name in SPLITS:
        plain, told = Digits().split(name), CaptionedDigits().split(name)
        assert [i.pixels.tobytes() for i in plain] == [i.pixels.tobytes() for i in told]


def test_one_language_alone():
    source = CaptionedDigits().override("languages=zh")
    assert not any("digit" in image.caption for image in source.split("train"))
