from hypothesis import given
from hypothesis import strategies as st

from armillary.reports.output_text import language, marked, n_words, shown, units


def test_words_and_characters_are_counted_and_marks_are_not():
    assert n_words("Click “OK”, then wait.") == 4
    assert n_words("单击“确定”。") == 4
    assert n_words("用 LibreOffice 打开 3 个文件") == 8
    assert n_words("カメラ 한국어") == 4
    assert n_words("…!?") == n_words("") == 0
    assert units("打开A1。") == ["打", "开", "A1", "。"]


def test_the_language_of_glyphs():
    assert language("打开 file") == "zh-Hans"
    assert language("開くファイル") == "ja"
    assert language("file 😀") == ""


def test_control_characters_are_seen_and_long_texts_cut():
    assert shown("a\x00b\x1b\x7f\x85c\td\ne") == "a␀b␛␡\ufffdc\td\ne"
    assert shown("x" * 10_000) == "x" * 600 + " … (+9,400)"


def test_what_the_other_lacks_is_underlined_and_escaped():
    assert marked("打开<文档>。", "打开文件。") == "打开<u>&lt;</u>文<u>档&gt;。</u>"
    assert marked("the old cat", "the cat") == "the <u>old </u>cat"
    assert marked("same", "same") == "same"


@given(text=st.text(max_size=40), other=st.text(max_size=40))
def test_marking_changes_no_text(text, other):
    html = marked(text, other)
    assert html.replace("<u>", "").replace("</u>", "").unescape() == shown(text)
