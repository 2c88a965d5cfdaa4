import json
import re
import string
from pathlib import Path

import pytest

from armillary.core.errors import UnknownNameError
from armillary.reports import words as module
from armillary.reports.words import LANGUAGES, Words, table

HERE = Path(module.__file__).parent


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_key_has_every_language_and_the_same_places():
    for key, texts in table().items():
        assert set(texts) == set(LANGUAGES), key
        assert all(texts.values()), key
        assert fields(texts["en"]) == fields(texts["zh"]), key


def test_no_key_is_written_twice():
    pairs = json.loads((HERE / "words.json").read_text(encoding="utf-8"), object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys))


def test_every_key_is_used():
    sources = [*HERE.glob("*.py"), *HERE.glob("templates/*.html")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    prefixes = set(re.findall(r"f\"([a-z.]+\.)\{|\"([a-z.]+\.)\" ~", text))
    made = tuple(a or b for a, b in prefixes)  # keys made of a prefix and a name
    unused = [key for key in table() if f'"{key}"' not in text and f"'{key}'" not in text]
    assert [key for key in unused if not key.startswith(made)] == []


def test_chinese_is_chinese():
    latin = {"list.join", "note.join", "col.flop", "stat.of", "step.share", "budget.flops", "budget.usd"}
    latin |= {f"{page}.eyebrow" for page in ("ladder", "plan", "run", "trend")}
    latin |= {"col.trend.value", "trend.joint", "length.n", "align.end", "compare.eyebrow"}
    latin |= {
        f"metric.{name}" for name in ("bleu", "chrf", "chrf_plus_plus", "ter", "rouge1", "rouge2", "rougeL")
    }
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert {key for key, texts in table().items() if not chinese.search(texts["zh"])} == latin


def test_values_are_escaped_in_rich_words_only():
    words = Words("en")
    assert words("law.starts", share="<b>", n=1) == "<b> of 1"
    eyebrow = words.rich("ladder.eyebrow", name="<i>", task="t", source="s")
    assert str(eyebrow) == "<b>&lt;i&gt;</b> · t · s"


def test_durations_families_and_units_speak_the_language():
    assert Words("en").seconds(3725) == "1 h 02 min"
    assert Words("zh").seconds(3725) == "1 小时 02 分"
    assert Words("zh").seconds(90 * 86400) == "90 天"
    assert Words("zh").unit("token") == "词元"
    assert Words("en").unit("frame") == "frame"
    assert Words("zh").family("lstm") == "LSTM"
    assert Words("zh").family("my-own") == "my-own"


def test_another_language_is_refused():
    with pytest.raises(UnknownNameError, match="known: en, zh"):
        Words("de")
