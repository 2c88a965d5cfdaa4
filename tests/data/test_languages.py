import pytest

from armillary.core.errors import ConfigError, DataError
from armillary.data.languages import chosen_one, chosen_two, is_language, matches


@pytest.mark.parametrize(
    "word", ["en", "zh-CN", "zh_Hans", "pt_BR", "sr@latin", "eng_Latn", "English", "中文", "fil"]
)
def test_languages_are_known(word):
    assert is_language(word)


@pytest.mark.parametrize("word", ["", "txt", "md", "py", "text", "english_text", "zh CN", "django"])
def test_other_words_are_no_languages(word):
    assert not is_language(word)


def test_a_language_matches_its_regions_alone():
    assert matches("zh_CN", "zh")
    assert matches("ZH-cn.UTF-8", "zh_CN")
    assert not matches("zh", "zh-CN")
    assert not matches("eng", "en")


@pytest.mark.parametrize(
    ("found", "asked", "first", "two"),
    [
        ({"zh", "en"}, (None, None), None, ("en", "zh")),
        ({"zh", "en"}, (None, None), "zh-CN", ("en", "zh")),
        ({"zh-CN", "en"}, (None, None), "zh", ("zh-cn", "en")),
        ({"fr", "de"}, (None, None), None, ("de", "fr")),
        ({"fr", "de"}, (None, "de"), None, ("fr", "de")),
        ({"fr", "de", "en-US"}, ("fr", "en"), None, ("fr", "en")),
        ({"en-US", "en-GB", "de"}, ("en", None), None, ("en", "de")),
    ],
)
def test_two_languages_are_chosen(found, asked, first, two):
    assert chosen_two(found, *asked, "x.tmx", first) == two


def test_what_is_not_there_or_not_clear_is_refused():
    with pytest.raises(DataError, match=r"x\.tmx has 1 language \(en\); name two"):
        chosen_two({"en"}, None, None, "x.tmx")
    with pytest.raises(DataError, match="3 languages"):
        chosen_two({"en", "de", "zh"}, "en", None, "x.tmx")
    with pytest.raises(ConfigError, match="did you mean 'zh'"):
        chosen_two({"en", "zh"}, "zhh", None, "x.tmx")
    with pytest.raises(ConfigError, match="no language is called 'fr'"):
        chosen_one({"en", "zh"}, "fr", "po")
    assert chosen_one({"zh_CN", "zh_CN.UTF-8"}, None, "po") == "zh-cn"
