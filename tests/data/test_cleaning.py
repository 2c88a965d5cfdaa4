import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pair_texts import pairs

from armillary.core.config import Config
from armillary.core.errors import ConfigError
from armillary.data.base import TextPair
from armillary.data.cleaning import Cleaning, normalised_space

GOOD = [TextPair(*pair) for pair in pairs(100)]


def dropped(extra, **rules):
    """Return (what of ``extra`` is dropped among good pairs, the counts above 0)."""
    kept, counts = Cleaning(**rules).clean([*GOOD, *extra])
    assert kept[: len(GOOD)] == GOOD
    sources = [pair.source for pair in kept]
    return [pair for pair in extra if normalised_space(pair.source) not in sources], {
        name.removeprefix("n_dropped_"): n for name, n in counts.items() if n and "dropped" in name
    }


EMPTY = TextPair(" \n", "天")
LONG = TextPair("long " * 30, "长" * 60)
BROKEN = TextPair("this was caf\ufffd once", "这曾是咖啡馆")
COPY = TextPair("This was never translated", "this  was never translated")
WRONG = TextPair("Open the repository", "Otwórz repozytorium")
WRONG_SOURCE = TextPair("打开仓库", "打开这个仓库")
WORDLESS = TextPair("Open the whole repository", "12345 !!")
LOPSIDED = TextPair("a few words of text and then nothing more than that, says the writer", "天")
TAGS = TextPair("a <b>bold</b> word", "一个<b>粗体的字")


@pytest.mark.parametrize(
    ("pair", "rule", "off"),
    [
        (EMPTY, "empty", {}),
        (LONG, "too_long", {"max_characters": None}),
        (BROKEN, "broken_encoding", {"broken_encoding": False}),
        (COPY, "copies", {"copies": False, "wrong_script": False}),
        (WRONG, "wrong_script", {"wrong_script": False}),
        (WRONG_SOURCE, "wrong_script", {"wrong_script": False}),
        (WORDLESS, "wrong_script", {"wrong_script": False}),
        (LOPSIDED, "length_ratio", {"length_ratio": None}),
        (TAGS, "html_tags", {"html_tags": False}),
    ],
)
def test_each_rule_drops_and_counts_what_it_says_and_can_be_switched_off(pair, rule, off):
    rules = {"max_characters": 140, "html_tags": True}
    assert dropped([pair], **rules) == ([pair], {rule: 1})
    if off:
        assert dropped([pair], **rules | off) == ([], {})


@pytest.mark.parametrize(
    "pair",
    [
        TextPair("2019-07-01", "2019-07-01"),  # a copy, but without letters
        TextPair("2019", "2019年"),
        TextPair("Use Git", "使用 Git"),
        TextPair("Yes", "是"),
        TextPair("%s: %d", "%s：%d"),
    ],
)
def test_good_pairs_of_unusual_form_stay(pair):
    assert dropped([pair]) == ([], {})


def test_repeated_pairs_and_many_targets():
    twice = [
        TextPair("Open a file now", target) for target in ("打开文件", "打开文件", "开启文件", "打开档案")
    ]
    kept, counts = Cleaning().clean([*twice, *GOOD])
    assert counts["n_dropped_duplicates"] == 1
    assert len(kept) == 103
    kept, counts = Cleaning(targets_of_a_source=2).clean([*twice, *GOOD])
    assert [pair.target for pair in kept[:3]] == ["打开文件", "开启文件", GOOD[0].target]
    assert counts["n_dropped_many_targets"] == 1
    _, counts = Cleaning(duplicates=False).clean(twice)
    assert "n_dropped_duplicates" not in counts


def test_control_characters_go_and_the_text_stays():
    kept, counts = Cleaning().clean([*GOOD, TextPair("\ufeffa\x07 b\u00adc text", "一\u200b二\x1b三", "d")])
    assert kept[-1] == TextPair("a bc text", "一二三", "d")
    assert counts["n_control_characters_removed"] == 5
    kept, counts = Cleaning(control_characters=False).clean([*GOOD, TextPair("a\x07 b", "一二")])
    assert kept[-1].source == "a\x07 b"


def test_half_a_character_is_a_broken_encoding():
    assert dropped([TextPair("half of \ud83d it", "一半")])[1] == {"broken_encoding": 1}


def test_summaries_of_any_length_are_safe():
    rng = random.Random(0)
    words = [pair[0] for pair in pairs(400, seed=1)]
    texts = [" ".join(rng.choices(words, k=rng.choice([3, 5, 20, 60, 200]))) for _ in range(300)]
    summaries = [TextPair(text, " ".join(text.split()[: rng.randint(2, 12)])) for text in texts]
    kept, counts = Cleaning().clean(summaries)
    assert counts["n_dropped_length_ratio"] == 0
    assert len(kept) == 300
    assert counts["n_dropped_copies"] == 0


def test_the_ratio_of_lengths_is_that_of_the_languages():
    twice_as_long = [TextPair(source, source.replace(" ", " und auch ") + "!") for source, _ in pairs(200)]
    odd = TextPair("just a few of the words that there are in it", "kurz")
    kept, counts = Cleaning().clean([*twice_as_long, odd])
    assert counts["n_dropped_length_ratio"] == 1
    assert odd not in kept


@given(st.text(alphabet=st.sampled_from(" \n\t\u3000\xa0ab天"), max_size=40))
def test_white_space_is_normalised_once_and_for_all(text):
    found = normalised_space(text)
    assert found.split() == text.split()
    assert normalised_space(found) == found
    assert found.count("\n") <= text.count("\n")
    assert "  " not in found
    assert "\n\n\n" not in found


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=30))
def test_every_pair_is_kept_or_counted(texts):
    kept, counts = Cleaning(targets_of_a_source=1, html_tags=True).clean(TextPair(*pair) for pair in texts)
    assert counts["n_pairs_read"] == len(texts)
    assert len(kept) + sum(n for name, n in counts.items() if "dropped" in name) == len(texts)
    assert all(pair.source.strip() and pair.target.strip() for pair in kept)


@pytest.mark.parametrize("rule", [{"length_ratio": 1.0}, {"max_characters": 0}, {"targets_of_a_source": 0}])
def test_impossible_rules_are_refused(rule):
    with pytest.raises(ConfigError, match=next(iter(rule))):
        Cleaning(**rule)


def test_rules_are_set_as_words():
    found: Config = Cleaning().override("length_ratio=none", "copies=no", "targets_of_a_source=3")
    assert found == Cleaning(length_ratio=None, copies=False, targets_of_a_source=3)
