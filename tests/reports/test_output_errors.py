import pytest

from armillary.reports.output_errors import ERRORS, errors_of
from armillary.runs.judgement import Judged, Judgement


def kinds(source, reference, output):
    return {name for name, has in ERRORS.items() if has(Judged(source, reference, output, 0.0))}


@pytest.mark.parametrize(
    ("source", "reference", "output", "expected"),
    [
        ("Open the file.", "打开文件。", "打开文件。", set()),
        ("Open the file.", "打开文件。", " ", {"empty"}),
        ("", "", "", set()),
        ("Open the file.", "打开文件。", "open  the FILE.", {"copied"}),
        ("OK", "OK", "OK", set()),  # right as it is
        ("Open", "请先打开文件再继续", "打开", {"short"}),
        ("Open", "打开文件", "打开", set()),  # two words less are little
        ("Open", "打开", "请先打开文件再继续操作", {"long"}),
        ("Use 1.5 cm of 30", "用 30 的 1.5 cm", "用 30 的 15 cm", {"numbers"}),
        ("Use 1.5 cm", "用一点五厘米", "用厘米吧", set()),  # the reference spells it out too
        ("12 and 12", "12 和 12", "12 和", {"numbers"}),
        ("Use 7", "用 7", "用 ７", set()),  # a full-width digit is one
        (
            "See https://a.org/b?c=1.",
            "见 https://a.org/b?c=1。",
            "见 https://a.org/b?c=2。",
            {"addresses", "numbers"},
        ),
        ("Ask a@b.org, now", "问 a@b.org 吧", "问 a@b.org。", set()),
        ("Ask a@b.org, now", "问 a@b.org 吧", "问 a@b 吧", {"addresses"}),
        ("a b c", "一二三四五六", "一 二 一 二 一 二", {"loop"}),
        ("a b c", "one two three four", "very very good four", set()),
        ("a b c", "no no no never", "no no no never", set()),  # the reference says so
        ("a b c", "the sound of it", "the lalala of it", {"loop"}),
        ("a b c", "the sound of it", "the souuuuund of it", {"loop"}),
        ("a b c", "Mississippi and 1.5", "Mississippi and 1000000", set()),
        ("a", "one - two", "one ----- two", set()),
    ],
)
def test_errors_are_told_apart(source, reference, output, expected):
    assert kinds(source, reference, output) == expected


def test_examples_are_gathered_by_kind():
    examples = [Judged("a", "b", "b", 1.0), Judged("a", "b", "", 0.0), Judged("a b", "b", "A  B", 0.0)]
    found = errors_of(Judgement("test", {}, "chrf", tuple(examples)))
    assert found["empty"] == [examples[1]]
    assert found["copied"] == [examples[2]]
    assert not found["loop"]


def test_a_recording_has_no_text_to_copy():
    heard = Judgement("test", {}, "characters", (Judged("one", "two", "one", 0.0),), "recordings")
    assert set(errors_of(heard)) == {"empty", "short", "long", "loop"}
