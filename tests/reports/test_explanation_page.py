import base64
import dataclasses
import re

import numpy as np
import pytest

from armillary.data.pictures import png
from armillary.reports import report_explanations
from armillary.reports.explanation_figures import shades, values_of
from armillary.runs.explained import Checks, Explanation, Faithfulness

WORDS = Explanation(
    run="runs/en-zh",
    task="translation",
    method="shapley",
    input="open <the> file",
    answers=("打开", "文件"),
    scores=(1.5, 2.0),
    features=("open", "<the>", "file"),
    grid=None,
    attributions=((4.0, 0.0, -1.0), (0.0, 1.0, 2.0)),
    faithfulness=Faithfulness(2.0, 0.6, -0.5, 0.5, 1.0, 60, (-1.0, 1.0, 2.0, 2.0), (2.0, 0.0, -1.0, -1.0)),
    checks=Checks(0.01, 0.9, 0.1),
    verdict="faithful",
    reasons=(),
    seconds=0.1,
)
ONE = dataclasses.replace(WORDS, answers=("sailing",), scores=(1.5,), attributions=((4.0, 0.0, -1.0),))
PICTURE = dataclasses.replace(
    WORDS,
    method="rise",
    answers=("7",),
    scores=(3.0,),
    features=("a", "b", "c", "d"),
    grid=(2, 2),
    attributions=((1.0, 0.0, 0.0, -2.0),),
    picture=base64.b64encode(png(np.zeros((8, 8, 1), np.uint8), {})).decode(),
    verdict="weak",
    reasons=("a little noise changes it (rank correlation 0.20)",),
)


@pytest.fixture
def page(tmp_path):
    def page(*explanations, lang="en"):
        return report_explanations(explanations, tmp_path / "page.html", lang).read_text("utf-8")

    return page


def test_values_are_scaled_by_answer_and_keep_their_signs() -> None:
    np.testing.assert_allclose(values_of(WORDS), [[1, 0, -0.25], [0, 0.5, 1]])
    assert [word for word, _, _ in shades(ONE, 0)] == ["open", "<the>", "file"]


def test_words_against_words_are_a_table_of_squares(page) -> None:
    html = page(WORDS)
    assert "打开 ← open" in html
    assert "Why “打开文件”?" in html
    assert "<the>" not in html
    assert "put in" in html


def test_one_answer_shades_the_words(page) -> None:
    html = page(ONE)
    assert re.search(r'<span class="for" style="--much: 100%" title="\+4[^"]*">open</span>', html)
    assert re.search(r'<span class="against" style="--much: 25%"[^>]*>file</span>', html)


def test_a_picture_lies_under_its_parts_and_reasons_are_given(page) -> None:
    html = page(PICTURE, lang="zh")
    assert "data:image/png;base64" in html
    assert "少许噪声就会改变它（秩相关 0.20）" in html
    assert "存疑" in html
    assert "http" not in re.sub(r"http://www\.w3\.org\S+", "", html)


def test_several_methods_stand_on_one_page(page) -> None:
    html = page(ONE, dataclasses.replace(ONE, method="occlusion", verdict="no better than random"))
    assert html.count("No better than random") >= 2
    assert len(re.findall(r'id="([^"]+)"', html)) == len(set(re.findall(r'id="([^"]+)"', html)))
