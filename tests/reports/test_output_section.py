import json
import re
from dataclasses import replace

import pytest
from written import judgement, written_run

from armillary.reports.output_section import outputs_of, outputs_view
from armillary.reports.run_page import run_page
from armillary.reports.words import Words
from armillary.runs.judgement import Judged, judgement_path

EN = Words("en")


@pytest.fixture(scope="module")
def judged():
    return judgement()


@pytest.fixture(scope="module")
def run(tmp_path_factory, judged):
    return written_run(tmp_path_factory.mktemp("run") / "run", judged)


@pytest.fixture(scope="module")
def page(run, read_page):
    return read_page(run_page(run, EN))


def test_a_run_is_led_by_bleu_with_its_interval_beside_the_baselines(page):
    assert "32.0 BLEU, ahead of dictionary at 9.2" in page.text
    assert "The 95% interval of its BLEU is [30.5, 33.5]." in page.text
    assert "32.0 [30.5, 33.5]" in page.text
    for name in ("metrics", "length", "errors", "samples", "align", "loss", "cost", "data", "reproduce"):
        assert f"#{name}" in page.links


def test_what_knows_the_reference_is_a_bound_and_no_rival(tmp_path, read_page):
    made = written_run(tmp_path / "made", None)
    baselines = json.loads((made.path / "baselines.json").read_text())
    (made.path / "baselines.json").write_text(
        json.dumps(baselines | {"oracle-sentence": baselines["copy"] | {"bleu": 70.0}})
    )
    text = read_page(run_page(made, EN)).text
    assert "30.0 BLEU, ahead of dictionary at 9.2" in text
    assert "oracle-sentence, test (a bound that knows the reference)" in text


def test_the_worst_come_first_and_no_example_twice(judged):
    view = outputs_view(judged, EN)
    (_, worst), (_, median), (_, best) = view.samples
    scores = [float(card.score) for card in worst]
    assert scores == sorted(scores)
    assert scores[0] == pytest.approx(min(e.score for e in judged.examples), abs=0.05)
    assert scores[-1] <= min(float(card.score) for card in (*median, *best))
    shown = [str(card.lines[0].text) + str(card.lines[2].text) for card in (*worst, *median, *best)]
    assert len(shown) == len(set(shown)) == 18


def test_few_examples_are_all_shown_once():
    assert [len(cards) for _, cards in outputs_view(judgement(3), EN).samples] == [3]


def test_errors_have_counts_shares_and_mean_scores(judged, page):
    copied = [e for e in judged.examples if e.output == e.source]
    mean = sum(e.score for e in copied) / len(copied)
    assert f"the source, unchanged {len(copied)} {100 * len(copied) / 160:.1f}% {mean:.1f}" in page.text


def test_texts_of_users_are_escaped_and_their_language_told():
    nasty = Judged("<script>alert(1)</script>", "打开\x00<b>", "<img src=x>", 0.0, "<i>page</i>")
    made = replace(judgement(12, n_pictures=0), examples=(nasty, *judgement(12, n_pictures=0).examples))
    [heading, cards] = outputs_view(made, EN).samples[0]
    assert heading == "The worst"
    card = next(card for card in cards if "script" in card.lines[0].text)
    assert [line.lang for line in card.lines] == ["", "zh-Hans", ""]
    assert card.lines[1].text == "打开␀<b>"
    assert card.lines[2].text == "<u>&lt;img src=x&gt;</u>"


def test_a_page_of_nasty_texts_is_still_a_page(tmp_path, read_page):
    texts = ["", " ", "\x00\x1b[0m", "<u></dl>", "x" * 10_000, "😀" * 50, "\u202eabc", "a\u2028b", "{{ t }}"]
    examples = tuple(Judged(text, text[::-1], text * 2, float(i), text[:20]) for i, text in enumerate(texts))
    run = written_run(tmp_path / "run", replace(judgement(1), examples=examples))
    page = read_page(run_page(run, EN))
    assert "(+9,400)" in page.text
    assert "{{ t }}" in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f]", page.source)


def test_a_run_without_outputs_has_no_such_sections(tmp_path, read_page):
    run = written_run(tmp_path / "run", None)
    assert outputs_of(run, EN) is None
    page = read_page(run_page(run, EN))
    assert 'id="samples"' not in page.source
    assert 'id="metrics"' in page.source
    assert not judgement_path(run, "test").exists()


def test_alignments_are_drawn_beside_their_examples(page):
    assert page.source.count('<figure id="figure-align-') == 1
    assert "<title>文档 ← document: " in page.source


def test_the_same_run_gives_the_same_bytes(run, page):
    assert run_page(run, EN) == page.source


def test_a_page_in_chinese(run, read_page):
    text = read_page(run_page(run, Words("zh"))).text
    for words in ("可以计数的错误", "注意力对齐", "BLEU 的 95% 区间为 [30.5, 33.5]。"):
        assert words in text
