import os

import pytest
from pair_texts import pairs

from armillary.core.errors import DataError
from armillary.data.base import TextPair
from armillary.data.pair_source import LeftOut
from armillary.data.sources import LibreOfficeHelp
from armillary.data.sources.libreoffice_help import blocks

PAIRS = pairs(200)


def save(root, language, name, texts):
    page = root / language / "text" / name
    page.parent.mkdir(parents=True, exist_ok=True)
    body = "".join(f'<p id="par_id{key}" class="paragraph">{text}</p>\n' for key, text in texts.items())
    page.write_text(f"<html><body><h1 id='x'>not this</h1>{body}</body></html>", encoding="utf-8")
    return page


@pytest.fixture
def folder(tmp_path):
    for number in range(20):
        some = dict(enumerate(PAIRS[10 * number : 10 * number + 10]))
        name = f"swriter/01/{number}.html"
        save(tmp_path, "en-US", name, {key: source for key, (source, _) in some.items()})
        # A translation may have its paragraphs in another order.
        save(tmp_path, "zh-CN", name, {key: some[key][1] for key in reversed(some)})
    return tmp_path


def test_paragraphs_are_joined_by_their_ids(folder):
    found = list(LibreOfficeHelp(path=folder).pairs())
    texts = [(pair.source, pair.target) for pair in found if isinstance(pair, TextPair)]
    assert sorted(texts) == sorted(PAIRS)
    assert {pair.document for pair in found if isinstance(pair, TextPair)} == {
        f"swriter/01/{number}.html" for number in range(20)
    }


def test_what_has_no_translation_is_counted(folder):
    save(folder, "en-US", "swriter/new.html", {1: "a page of its own"})
    save(folder, "en-US", "swriter/01/0.html", {0: "still here", 99: "a new paragraph", 98: "another"})
    counts = {}
    for found in LibreOfficeHelp(path=folder).pairs():
        if isinstance(found, LeftOut):
            counts[found.name] = counts.get(found.name, 0) + found.n
    assert counts == {"n_pages_without_translation": 1, "n_paragraphs_without_translation": 2}


def test_marks_leave_the_words_whole(tmp_path):
    texts = {
        1: 'Choose <span class="menu">Tools\u00a0- <a href="x.html">Options</a></span>.',
        2: "H<sub>2</sub>O &lt; 1<br/>and more",
        3: "<img src='a.svg'>",
    }
    page = save(tmp_path, "en-US", "a.html", texts)
    assert blocks(page) == {"par_id1": "Choose Tools - Options.", "par_id2": "H2O < 1 and more"}


def test_a_page_is_in_one_split(folder):
    source = LibreOfficeHelp(path=folder)
    documents = [{pair.document for pair in source.split(name)} for name in ("train", "validation", "test")]
    assert all(documents)
    assert sum(map(len, documents)) == len(set.union(*documents)) == 20


def test_pages_are_read_once(folder, monkeypatch):
    source = LibreOfficeHelp(path=folder)
    first = source.read()
    monkeypatch.setattr(LibreOfficeHelp, "pairs", None)
    again = source.read()
    assert (again.examples, again.report) == (first.examples, first.report)
    monkeypatch.undo()
    os.utime(save(folder, "zh-CN", "swriter/01/0.html", {3: "新的"}), (1, 1))
    assert source.read().report["n_pairs_read"] == first.report["n_pairs_read"] - 9


def test_a_language_that_is_not_there_is_named(folder, monkeypatch):
    with pytest.raises(DataError, match="has no folder de/text with pages"):
        LibreOfficeHelp(path=folder, target_language="de").split("train")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match=r"libreoffice-help-qq can only .*: task\.source\.path=FOLDER"):
        LibreOfficeHelp(source_language="qq").split("train")


@pytest.mark.network
def test_debians_packages_have_twenty_thousand_pairs():
    report = LibreOfficeHelp().report()
    assert 20_000 < report["n_train"] < 30_000
    assert min(report["n_validation"], report["n_test"]) > 500
