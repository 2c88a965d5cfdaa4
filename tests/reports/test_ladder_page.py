import json
import re
from dataclasses import replace

import pytest

from armillary.core.units import format_count
from armillary.reports import numbers
from armillary.reports.ladder_page import ladder_page
from armillary.reports.words import Words
from armillary.scaling.observations import Dropped


@pytest.fixture(scope="module")
def text(analysis, ladder_folder):
    return ladder_page(analysis, ladder_folder, Words("en"))


@pytest.fixture(scope="module")
def page(text, read_page):
    return read_page(text)


def with_back_test(analysis, **changes):
    families = [
        replace(f, fitted=replace(f.fitted, back_test=replace(f.fitted.back_test, **changes)))
        for f in analysis.families
    ]
    return replace(analysis, families=tuple(families))


def test_the_prediction_and_the_measurement_stand_in_the_headline(page, analysis):
    [check] = next(f.checks for f in analysis.families if f.checks)
    claim = check.extrapolation
    headline = f"{numbers.loss(claim.loss)} predicted, {numbers.loss(check.measured)} measured."
    assert page.text.count(headline) >= 1
    assert numbers.interval(claim.interval_90) in page.text


def test_every_run_has_a_row_with_its_numbers(page, analysis):
    for family in analysis.families:
        for o in family.observations:
            cells = [format_count(o.n_params), format_count(o.n_tokens), numbers.flop(o.train_flops)]
            row = " ".join(cells if o.role == "fit" else [cells[0], "held out", *cells[1:]])
            assert f"{row} {numbers.loss(o.loss)}" in page.text


def test_laws_costs_and_standings_are_those_of_the_analysis(page, analysis):
    for family in analysis.families:
        for estimate in family.fitted.parameters.values():
            assert f"{numbers.plain(estimate.value)} [{numbers.plain(estimate.interval.low)}" in page.text
    for cost in analysis.costs:
        assert f"{numbers.flop(cost.train_flops.value)} [" in page.text
        assert f"{numbers.loss(cost.loss.value)} {numbers.interval(cost.loss.interval)}" in page.text
    last = analysis.comparison.standings[-1]
    for estimate in last.losses.values():
        assert f"{numbers.loss(estimate.value)} {numbers.interval(estimate.interval)}" in page.text


def test_baselines_stand_beside_the_best_run_of_each_family(page):
    assert "5-gram 2.910 18.40 1.210" in page.text
    assert re.search(r"A neural model is worth it here: the Transformer has \d+% less loss", page.text)


def test_source_and_commands_are_told(page, ladder_folder):
    assert "PSF-2.0" in page.text
    assert "A citation." in page.text
    assert "armillary ladder text-generation" in page.text
    assert f"armillary ladder --resume {ladder_folder.name}" in page.text


def test_figures_are_drawn_for_a_desk_and_for_a_phone(text):
    for name in ("law", "winner", "curves", "back-test", "residuals"):
        figure = re.search(rf'<figure id="figure-{name}">.*?</figure>', text, re.DOTALL)[0]
        assert figure.count("<svg") == 2
        assert figure.count('role="img"') == 2


def test_the_page_has_the_same_bytes_every_time(text, analysis, ladder_folder):
    assert ladder_page(analysis, ladder_folder, Words("en")) == text


def test_the_chinese_page_is_whole(analysis, ladder_folder, read_page):
    chinese = read_page(ladder_page(analysis, ladder_folder, Words("zh")))
    assert '<html lang="zh-Hans">' in chinese.source
    assert "预测成立" in chinese.text
    assert 'lang="en"' not in chinese.source  # notes, verdicts and advice of the numeric half too
    assert "训练计算量（FLOP）</text>" in chinese.source
    for text in ("Why believe", "What to change", "Prediction held", "loss, nats"):
        assert text not in chinese.source


def test_a_failed_back_test_is_said_first_and_nothing_is_extrapolated(analysis, ladder_folder, read_page):
    failed = with_back_test(analysis, passed=False, verdict="train more sizes")
    page = read_page(ladder_page(failed, ladder_folder, Words("en")))
    headline, advice = page.text.index("Do not extrapolate from this"), page.text.index("train more sizes")
    assert headline < advice < page.text.index("Loss falls with compute")
    assert "would cost" not in page.text
    assert "Loss at 10×" not in page.text
    assert "extrapolated →" not in page.source
    assert numbers.flop(analysis.comparison.standings[-1].train_flops) not in page.text


def test_a_family_without_a_law_is_shown_by_its_runs(analysis, ladder_folder, read_page):
    first, *rest = analysis.families
    bare = replace(first, fitted=None, problem="too few runs", checks=())
    page = read_page(ladder_page(replace(analysis, families=(bare, *rest)), ladder_folder, Words("en")))
    assert "too few runs" in page.text
    assert "The prediction held" in page.text


def test_no_law_at_all_leaves_the_measurements(analysis, ladder_folder, read_page):
    bare = [replace(f, fitted=None, problem="too few runs", checks=()) for f in analysis.families]
    empty = replace(analysis, families=tuple(bare), comparison=None, costs=(), baselines={})
    page = read_page(ladder_page(empty, ladder_folder, Words("en")))
    assert "No law could be fitted" in page.text
    assert "All 17 runs" in page.text
    assert "The ring is" not in page.text
    assert 'id="winner"' not in page.source
    assert 'id="cost"' not in page.source


def test_names_reasons_and_sources_are_only_ever_text(analysis, ladder_folder, read_page):
    evil = "<script>alert(1)</script>"
    source = replace(analysis.source, citation=evil, licence=f'"{evil}')
    baselines = {f"5-gram{evil}": analysis.baselines["5-gram"]}
    dropped = (Dropped(row="lstm-1M", reason=f"has not finished{evil}"),)
    hostile = replace(analysis, name=evil, source=source, baselines=baselines, notes=(evil,), dropped=dropped)
    page = read_page(ladder_page(hostile, ladder_folder, Words("en")))
    assert evil not in page.source
    assert page.source.count("<script>") == 1
    assert f"Not used lstm-1M : has not finished{evil}" in page.text


def test_the_whole_configuration_is_on_the_page(page, ladder_folder):
    config = json.loads((ladder_folder / "ladder.json").read_text())["config"]
    assert "base.task.kind text-generation" in page.text
    assert f"held_out.size {config['held_out']['size']:g}" in page.text
