import pytest
from written import judgement, paired, written_run

from armillary.core.errors import UnknownNameError
from armillary.reports import report_comparison
from armillary.reports.comparison_page import comparison_page
from armillary.reports.words import Words

EN = Words("en")


def minus(value):
    return f"{value:+.1f}".replace("-", "−")


@pytest.fixture(scope="module")
def judgements():
    return judgement(quality=0.9), judgement(quality=0.6, n_pictures=0)


@pytest.fixture(scope="module")
def runs(tmp_path_factory, judgements):
    folder = tmp_path_factory.mktemp("runs")
    families = ("transformer", "lstm")
    return tuple(
        written_run(folder / f"the-{family}", judged, family)
        for family, judged in zip(families, judgements, strict=True)
    )


@pytest.fixture(scope="module")
def page(runs, judgements, read_page):
    return read_page(comparison_page(paired(*runs), judgements, EN))


@pytest.mark.parametrize(
    ("difference", "p_value", "headline", "pill"),
    [
        (-4.0, 0.01, "the-transformer is worse: 26.0 BLEU against 30.0", "Worse"),
        (0.4, 0.3, "30.4 BLEU against 30.0: that may be chance", "No sure difference"),
    ],
)
def test_the_headline_is_what_the_paired_test_says(
    runs, judgements, read_page, difference, p_value, headline, pill
):
    page = read_page(comparison_page(paired(*runs, difference, p_value), judgements, EN))
    assert headline in page.text
    assert pill in page.text
    assert f"[{minus(difference - 1)}, {minus(difference + 1)}] {p_value:.3f}" in page.text


def test_differences_have_intervals_and_p_values(page):
    text = page.text
    assert "the-transformer is better: 34.0 BLEU against 30.0" in text
    assert "by +4.0 BLEU, 95% interval [+3.0, +5.0], p <\u00a00.001." in text
    assert "TER ↓ 34.0 30.0 +4.0 [+3.0, +5.0] <\u00a00.001" in text


def test_outputs_stand_side_by_side_the_largest_gains_first(judgements, page):
    text = page.text
    pairs = zip(judgements[0].examples, judgements[1].examples, strict=True)
    gain, ours, theirs = max(
        ((a.score - b.score, a, b) for a, b in pairs if a.output != b.output), key=lambda found: found[0]
    )
    first = text[text.index("Where the-transformer is most ahead") :]
    assert first.index(f"+{gain:.1f}") < 80
    assert f"{ours.score:.1f} the-transformer" in first
    assert f"{theirs.score:.1f} the-lstm" in first
    for heading in ("Where the-lstm is most ahead", "Where both are bad", "The two runs"):
        assert heading in text


def test_errors_are_counted_for_both(judgements, page):
    empty = [sum(not e.output.strip() for e in side.examples) for side in judgements]
    shares = [f"{100 * n / 160:.1f}%" for n in empty]
    assert f"nothing was written {empty[0]} {shares[0]} {empty[1]} {shares[1]}" in page.text


def test_both_lines_are_drawn_and_named(page):
    assert page.source.count(">the-lstm</text>") == 2  # for wide screens and for phones
    assert "<title>the-transformer 3–4: " in page.source


def test_runs_of_one_name_are_told_by_their_folders(tmp_path, judgements, read_page):
    twins = [
        written_run(tmp_path / side / "run", judged) for side, judged in zip("ab", judgements, strict=True)
    ]
    assert (
        f"{tmp_path / 'a' / 'run'} is better"
        in read_page(comparison_page(paired(*twins), judgements, EN)).text
    )


def test_a_page_in_chinese_is_written_and_another_language_refused(tmp_path, runs, judgements, read_page):
    page = report_comparison(paired(*runs), judgements, tmp_path / "page.html", "zh")
    assert "the-transformer 更好：BLEU 34.0 对 30.0" in read_page(page.read_text(encoding="utf-8")).text
    with pytest.raises(UnknownNameError):
        report_comparison(paired(*runs), judgements, tmp_path / "page.html", "de")
