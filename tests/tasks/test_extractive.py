import numpy as np
import pytest

from armillary.core.errors import DataError
from armillary.tasks.extractive import (
    LONGEST,
    N_FEATURES,
    Collection,
    Extractor,
    SplitText,
    features,
    rouge_of_sentences,
)

TEXTS = [
    SplitText.of(text) for text in ["This tool sorts lists. It is GNU.", "This tool draws 3 maps: fast."]
]


def test_every_sentence_has_its_features():
    collection = Collection.of(TEXTS, ["sorts lists", "maps"])
    rows = features(TEXTS[0], collection)
    assert rows.shape == (2, N_FEATURES)
    assert rows[:, 0].tolist() == [0, 1]  # place
    assert rows[:, 4] == pytest.approx([1, 0])  # likeness to the first sentence
    assert rows[:, 8].tolist() == [4, 3]  # words
    assert rows[:, 11].tolist() == [1, 0.5]  # how many texts have a sentence that begins with its first word
    assert features(SplitText.of(""), collection).shape == (0, N_FEATURES)
    assert np.isfinite(features(SplitText.of("... !"), collection)).all()


def test_the_target_is_the_mean_of_the_three_rouges():
    text = SplitText.of("Sorts lists. Draws maps.")
    assert rouge_of_sentences(text, "sorts lists") == pytest.approx([100, 0])
    assert rouge_of_sentences(text, "sorts maps") == pytest.approx([(50 + 0 + 50) / 3] * 2)


def test_the_best_sentences_come_in_the_order_of_the_text():
    text = SplitText.of("One. Two. Three.")
    assert text.best(np.array([0.1, 0.3, 0.2]), 2) == "Two. Three."
    assert text.best(np.array([1, 1, 1]), 1) == "One."
    assert SplitText.of("一。二。").best(np.array([0, 1]), 2) == "一。二。"
    assert SplitText.of("").best(np.array([]), 1) == ""


def test_training_again_gives_the_same_extractor():
    texts = [SplitText.of(f"Stock phrase. Number {i} is about x{i}. More.") for i in range(60)]
    summaries = [f"about x{i}" for i in range(60)]
    collection = Collection.of(texts, summaries)
    once, again = (Extractor.train(texts, summaries, collection).summaries(texts[:9]) for _ in range(2))
    assert once == again == [f"Number {i} is about x{i}." for i in range(9)]


def test_a_text_is_considered_up_to_its_sixtieth_sentence():
    assert len(SplitText.of("A word. " * 100).sentences) == LONGEST


def test_without_anything_to_choose_from_there_is_nothing_to_learn():
    with pytest.raises(DataError, match="two sentences"):
        Extractor.train([SplitText.of("One.")], ["a"], Collection.of([SplitText.of("One.")], ["a"]))
