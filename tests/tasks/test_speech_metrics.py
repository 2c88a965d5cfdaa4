import jiwer
import numpy as np
import pytest

from armillary.tasks.resampling import paired_test
from armillary.tasks.speech_metrics import normalized, speech_metrics, speech_statistics, spoken

SAID = ["The quick brown fox.", "jumps over", "the lazy dog", "Don’t stop!"]
HEARD = ["the quick brow fox", "jumps jumps over", "lazy dog", "don't stop"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World!", "hello world"),
        ("  Don’t 'quote' me ", "don't quote me"),
        ("ＡＢＣ １２３", "abc 123"),
        ("今天天气不错。", "今 天 天 气 不 错"),
        ("用GPU训练", "用 gpu 训 练"),
        ("カタカナ", "カ タ カ ナ"),
        ("snake_case", "snake case"),
        ("नमस्ते, दुनिया!", "नमस्ते दुनिया"),
        ("ㄇㄚˉ ㄇㄚ˙", "ㄇㄚˉ ㄇㄚ˙"),
        ("rock 'n' roll's", "rock n roll's"),
        ("…", ""),
    ],
)
def test_what_cannot_be_heard_is_left_out(text, expected):
    assert normalized(text) == expected
    assert normalized(expected) == expected


def test_chinese_is_written_without_spaces():
    assert spoken("今天 GPU 天气，不错。") == "今天 gpu 天气不错"


def test_rates_are_those_of_jiwer():
    metrics = speech_metrics(speech_statistics(HEARD, SAID))
    said, heard = ([normalized(text) for text in side] for side in (SAID, HEARD))
    assert metrics["wer"] == pytest.approx(jiwer.wer(said, heard))
    assert metrics["wer"] == pytest.approx(3 / 11)
    joined = [[text.replace(" ", "") for text in side] for side in (said, heard)]
    assert metrics["cer"] == pytest.approx(jiwer.cer(*joined))
    assert metrics["exact_matches"] == 0.25
    assert metrics["wer_low"] <= metrics["wer"] <= metrics["wer_high"]


def test_kinds_of_edits_are_counted_for_each_recording():
    counts = speech_statistics(HEARD, SAID)["wer"].counts
    assert counts.tolist() == [[1, 0, 0, 4], [0, 0, 1, 2], [0, 1, 0, 3], [0, 0, 0, 2]]


def test_nothing_said_and_nothing_heard():
    counts = speech_statistics(["", "noise here", ""], ["", "", "a word"])["wer"].counts
    assert counts.tolist() == [[0, 0, 0, 0], [0, 0, 2, 0], [0, 2, 0, 2]]
    assert speech_metrics(speech_statistics(["", ""], ["", "!"]))["wer"] == 0
    assert speech_metrics(speech_statistics(["noise here"], [""]))["wer"] == 2


def test_by_speaker():
    metrics = speech_metrics(speech_statistics(HEARD, SAID), {"speaker": ["ann", "ann", "bo", "陈"]})
    assert metrics["wer@speaker=ann"] == pytest.approx(2 / 6)
    assert metrics["wer@speaker=bo"] == pytest.approx(1 / 3)
    assert metrics["wer@speaker=陈"] == 0


def test_two_recognisers_are_compared_on_the_same_recordings():
    rng = np.random.default_rng(0)
    said = [" ".join(rng.choice(list("abcdefgh"), 6)) for _ in range(60)]
    worse = [text.replace("a", "b") for text in said]
    test = paired_test(speech_statistics(worse, said)["wer"], speech_statistics(said, said)["wer"])
    assert test.theirs == 0
    assert test.difference > 0
    assert test.p_value < 0.01


def test_texts_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="1 texts were heard of 2"):
        speech_statistics(["a"], ["a", "b"])
