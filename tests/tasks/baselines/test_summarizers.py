import random

import pytest

from armillary.data.base import TextPair
from armillary.tasks.baselines.summarizers import ORACLE, baseline_summaries, first_words, summary_baselines

TOPICS = ["red apples", "old maps", "loud drums", "cold soup", "tall trees", "new roads", "wild bees"]


def pair(seed):
    """A text whose second sentence begins with "Briefly" or, in Chinese, 总之 and says the summary."""
    draw = random.Random(seed)
    topic, other = draw.sample(TOPICS, 2)
    text = (
        f"It is known that {other} cost money. Briefly, it is about {topic}. There is more to read elsewhere."
    )
    return TextPair(text, f"about {topic}")


@pytest.fixture(scope="module")
def written():
    return baseline_summaries(
        [pair(i) for i in range(120)], [pair(1000), TextPair("一句。二句。", "二句"), TextPair("", "x")]
    )


def test_each_baseline_chooses_what_it_says(written):
    text = pair(1000).source
    assert written["lead-1"] == [text.split(" Briefly")[0], "一句。", ""]
    assert written["lead-words"] == ["It is known", "一句。二", ""]
    assert written["extractive"][0] == written[ORACLE][0] == text.split("money. ")[1].split(" There")[0]
    assert written[ORACLE][1] == "二句。"
    assert all(
        summary in ("一句。", "二句。") for summary in (written[n][1] for n in ("textrank", "lexrank"))
    )


def test_nothing_that_chooses_a_sentence_beats_the_oracle():
    metrics = summary_baselines([pair(i) for i in range(120)], [pair(i) for i in range(500, 540)])
    assert metrics["extractive"]["rougeL"] == metrics[ORACLE]["rougeL"]
    assert max(m["rougeL"] for m in metrics.values()) == metrics[ORACLE]["rougeL"]
    assert metrics["lead-1"]["rougeL"] < metrics["extractive"]["rougeL_low"]
    assert {m["novel_words"] for m in metrics.values()} == {0.0}


def test_summaries_of_several_sentences_have_as_many():
    train = [TextPair("One. Two. Three. Four.", "Ab. Bc. Cd.")] * 3
    written = baseline_summaries(train, [TextPair("Eins. Zwei. Drei. Vier.", "Vier.")])
    assert written["lead-3"] == ["Eins. Zwei. Drei."]
    assert written[ORACLE] == ["Vier."]
    assert written["textrank"][0].count(".") == 3


def test_where_no_text_has_two_sentences_there_is_no_extractor():
    assert "extractive" not in baseline_summaries([TextPair("One.", "a")], [TextPair("Two. Three.", "b")])


def test_the_first_words_keep_their_punctuation():
    assert first_words("A, b\n c. d", 3) == "A, b c"
    assert first_words("A b.", 5) == "A b."
