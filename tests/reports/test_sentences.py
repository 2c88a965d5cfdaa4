import ast
import re
from pathlib import Path

import pytest

import armillary
from armillary.reports.sentences import in_chinese, templates
from armillary.reports.words import Words

PLACE = re.compile(r"\{\w+\}")


def written(path):
    """Every string that a file writes, its places empty: "{}"."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.fixture(scope="module")
def source():
    root = Path(armillary.__file__).parent
    rooms = [root / room for room in ("explanation", "fitting", "scaling", "trends")]
    files = [path for room in rooms for path in sorted(room.rglob("*.py"))]
    tables = [path for room in rooms for path in sorted(room.rglob("*.csv"))]
    return [text for path in files for text in written(path)] + [path.read_text("utf-8") for path in tables]


@pytest.mark.parametrize("template", templates())
def test_every_template_is_a_sentence_that_the_numeric_half_still_says(template, source):
    said = PLACE.sub("{}", template)
    assert any(said in text for text in source), f"nothing says {template!r} now: translate what it became"


def test_translations_lose_no_place_but_those_of_english_grammar_and_are_chinese():
    for template, translation in templates().items():
        places, kept = set(PLACE.findall(template)), set(PLACE.findall(translation))
        assert kept == places - {"{are}", "{s}"}, template
        assert re.search("[\u4e00-\u9fff]", translation)


def test_numbers_are_read_back_and_sentences_inside_sentences_translated():
    record = (
        "chinchilla predicted 3 larger runs from smaller ones with an error of 7.1% (root mean square), "
        "33% of them inside the 90% interval: too far off, the runs follow no such law yet; "
        "without the runs of 25k parameters it passes, so start the ladder above them and add larger ones"
    )
    chinese = in_chinese(f"The back-test does not carry a plan this far: {record}.")
    assert re.findall(r"[\d.]+%?", chinese) == ["3", "7.1%", "33%", "90%", "25"]
    assert re.findall("[a-zA-Z]+", chinese) == ["chinchilla", "k"]


def test_what_nobody_translated_stays_english_and_is_marked_so():
    assert in_chinese("something new & strange") is None
    assert Words("zh").said("something new & strange") == '<span lang="en">something new &amp; strange</span>'
    assert Words("zh").said("has no loss") == "缺少 loss"
    assert Words("en").said("a < b") == "a &lt; b"
