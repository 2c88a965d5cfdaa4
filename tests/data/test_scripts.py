import pytest

from armillary.data.scripts import SCRIPTS, main_scripts, scripts_in


def names(text):
    return {SCRIPTS[i] for i in scripts_in([text])[0].nonzero()[0]}


@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        ("Straße, naïve", {"Latin"}),
        ("浑天仪", {"Han"}),
        ("𠀀 々", {"Han"}),
        ("カタログを開く", {"Kana", "Han"}),
        ("파일 열기", {"Hangul"}),
        ("Открыть файл X", {"Cyrillic", "Latin"}),
        ("ملف ٣", {"Arabic"}),
        ("Αρχείο", {"Greek"}),
        ("फ़ाइल", {"Devanagari"}),
        ("ไฟล์", {"Thai"}),
        ("123 !? —…。《》 ٪", set()),
        ("", set()),
    ],
)
def test_scripts_are_told_by_their_letters(text, scripts):
    assert names(text) == scripts


def test_each_text_has_its_own():
    found = scripts_in(["a", "", "浑 b", "1"])
    assert found.sum(axis=1).tolist() == [1, 0, 2, 0]


@pytest.mark.parametrize(
    ("texts", "main"),
    [
        (["打开 Git 仓库", "退出", "Git", "2019"], []),  # two of three that have letters
        (["打开 Git 仓库", "退出", "取消", "保存", "Git"], ["Han"]),
        (["ファイルを開く", "概要", "設定", "キャンセル"], ["Kana", "Han"]),
        (["파일 열기", "닫기", "大韓民國"], ["Hangul", "Han"]),
        (["Open", "Close", "Δ"], []),
        (["1", "2"], []),
    ],
)
def test_the_main_script_is_that_of_most_texts_with_letters(texts, main):
    assert {SCRIPTS[i] for i in main_scripts(scripts_in(texts), 0.7)} == set(main)
