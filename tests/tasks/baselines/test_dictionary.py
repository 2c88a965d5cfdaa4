import random
from collections import Counter, defaultdict

import pytest

from armillary.tasks.baselines import dictionary
from armillary.tasks.baselines.dictionary import Dictionary, best_translations, word_splitter

WORDS = {
    "file": "文件",
    "open": "打开",
    "close": "关闭",
    "window": "窗口",
    "the": "",
    "red": "红色",
    "menu": "菜单",
}


def by_hand(pairs, iterations):
    """Model 1 by its formulas, with dictionaries (Brown et al. 1993, section 4.1)."""
    t = defaultdict(lambda: 1.0)
    for _ in range(iterations):
        counts, totals = Counter(), Counter()
        for source, target in pairs:
            for f in target:
                below = sum(t[f, e] for e in [*source, None])
                for e in [*source, None]:
                    counts[f, e] += t[f, e] / below
                    totals[e] += t[f, e] / below
        t = defaultdict(float, {(f, e): counts[f, e] / totals[e] for f, e in counts})
    return {e: max((t[f, g], f) for f, g in t if g == e)[1] for e in {e for s, _ in pairs for e in s}}


@pytest.fixture(scope="module")
def pairs():
    draw = random.Random(0)
    chosen = [draw.choices(list(WORDS), k=draw.randint(1, 5)) for _ in range(200)]
    return [(source, [WORDS[e] for e in reversed(source) if WORDS[e]]) for source in chosen]


def test_expectation_maximization_is_that_of_the_formulas(pairs):
    kept = [(source, target) for source, target in pairs if target]
    assert best_translations(pairs) == by_hand(kept, dictionary.ITERATIONS)


def test_every_word_finds_its_translation(pairs):
    learnt = best_translations(pairs)
    assert {e: learnt[e] for e in WORDS if WORDS[e]} == {e: f for e, f in WORDS.items() if f}
    assert best_translations([([], ["x"]), (["x"], [])]) == {}


def test_of_too_many_sentences_evenly_spread_ones_are_taken(pairs, monkeypatch):
    monkeypatch.setattr(dictionary, "MAX_LINKS", 600)
    assert len(dictionary._within_limit(pairs)) < len(pairs) / 2
    assert best_translations(pairs)["file"] == "文件"


@pytest.fixture
def short_words(monkeypatch):
    """Few texts repeat whole phrases; in a real collection longer words than two characters are words."""
    monkeypatch.setattr(dictionary, "LONGEST_UNSPACED_WORD", 2)


@pytest.mark.usefixtures("short_words")
def test_a_text_is_translated_word_by_word(pairs):
    sources = [" ".join(source) for source, _ in pairs]
    targets = ["".join(target) for _, target in pairs]
    learnt = Dictionary.train(sources, targets)
    assert learnt.translate("Open file, close XY 12!") == "打开文件,关闭XY 12!"
    assert Dictionary.train(targets, sources).translate("打开文件") == "open file"
    assert learnt.translate("") == ""


@pytest.mark.usefixtures("short_words")
def test_unspaced_words_are_cut_out_as_the_texts_suggest():
    draw = random.Random(1)
    texts = ["".join(draw.choices([w for w in WORDS.values() if w], k=4)) + " OK (2)." for _ in range(300)]
    split = word_splitter(texts)
    assert split("打开文件 OK (2).") == ["打开", "文件", "OK", "(", "2", ")", "."]
    assert "".join(split("龘打开")) == "龘打开"  # a character it never saw stays
    assert word_splitter(["no Chinese"])("中文 is") == ["中文", "is"]
