import pytest
from rouge_score.tokenize import tokenize

from armillary.tasks.segmentation import sentences, words


@pytest.mark.parametrize(
    "text", ["Don't (ever) use_this, v2.10!", "  ", "e-mail: a@b.org\n\tTABS and\nlines", "C++ & C#"]
)
def test_words_of_ascii_are_those_of_rouge_score(text):
    assert words(text) == tokenize(text, None)


def test_words_of_other_scripts():
    assert words("Grüße aus Köln") == ["grüße", "aus", "köln"]
    assert words("用GTK写的2个工具。") == ["用", "gtk", "写", "的", "2", "个", "工", "具"]
    assert words("ファイル、人々") == ["フ", "ァ", "イ", "ル", "人", "々"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It reads files, e.g. PNG or JPEG. Fast.", ["It reads files, e.g. PNG or JPEG.", "Fast."]),
        ("Version 2.0 of foo.py is out", ["Version 2.0 of foo.py is out"]),
        ("by J. Smith (see below.) More", ["by J. Smith (see below.)", "More"]),
        ("wrapped\nlines stay one.\nNext", ["wrapped lines stay one.", "Next"]),
        ("A title\n\nA text", ["A title", "A text"]),
        ("Has:\n * one\n * two", ["Has:", "* one", "* two"]),
        ("打开文件。保存？“好！”然后关闭", ["打开文件。", "保存？", "“好！”", "然后关闭"]),
        ("用 e.g. 很少。Then English. 再见", ["用 e.g. 很少。", "Then English.", "再见"]),
        ("...", ["..."]),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_sentences_end_where_readers_see_them_end(text, expected):
    assert sentences(text) == expected
