import json
from dataclasses import replace

import pytest

from armillary.reports.run_figures import history
from armillary.reports.run_page import run_page
from armillary.reports.words import Words
from armillary.runs.run import Run

EN = Words("en")


@pytest.fixture(scope="module")
def run(ladder_folder):
    return Run.open(ladder_folder / "rungs" / "transformer-300000-2000000")


@pytest.fixture
def alone(tmp_path, run):
    """A run outside any ladder, with metrics of its own."""

    def make(metrics=None, rows=(), name="alone", finished=True):
        made = Run.create(tmp_path / name, run.config)
        for row in rows:
            made.log(**row)
        if finished:
            made.finish(replace(run.summary, metrics=metrics or {"loss": 2.0}))
        return made

    return make


def test_a_run_is_led_by_its_test_metric_beside_the_baselines(run, read_page):
    page = read_page(run_page(run, EN))
    assert "bits per byte, ahead of 5-gram at 1.210" in page.text
    assert "Ahead of the baselines" in page.text
    assert f"this run, validation {run.summary.loss:.3f}" in page.text
    assert "5-gram, test 2.910 18.40 1.210" in page.text


def test_cost_provenance_configuration_and_command_are_told(run, read_page):
    text = read_page(run_page(run, EN)).text
    for part in ("300,000", "2,000,000", "3.8×10¹² FLOP", "22 GFLOP/s", "0123456789abcdef", "torch 2.13.0"):
        assert part in text
    assert "optim.lr 0.003" in text
    assert "armillary train text-generation" in text


def test_what_training_wrote_down_of_its_data_is_shown(alone, read_page):
    made = alone()
    facts = {"licence": "PSF-2.0", "citation": "Its authors <2030>", "n_train": 12345}
    (made.path / "data.json").write_text(json.dumps(facts))
    text = read_page(run_page(made, EN)).text
    assert "Licence PSF-2.0" in text
    assert "Its authors <2030>" in text
    assert "12,345" in text


def test_accuracy_has_its_interval_and_more_is_better(alone, read_page):
    metrics = {"test/accuracy": 0.9311, "test/accuracy_low": 0.926, "test/accuracy_high": 0.936}
    made = alone({"loss": 0.2} | metrics)
    page = read_page(run_page(made, EN))
    assert "93.1% accuracy on the test split" in page.text
    (made.path / "baselines.json").write_text(json.dumps({"linear": {"accuracy": 0.95}}))
    page = read_page(run_page(made, EN))
    assert "93.1% accuracy, behind linear at 95.0%" in page.text
    assert "Behind a baseline" in page.text


def test_an_interval_stands_beside_its_metric(alone, read_page):
    metrics = {"accuracy": 0.9311, "accuracy_low": 0.926, "accuracy_high": 0.936}
    page = read_page(run_page(alone({"loss": 0.2} | metrics), EN))
    assert "0.9311 [0.9260, 0.9360]" in page.text
    assert "accuracy_low" not in page.text


def test_a_run_that_has_not_finished_is_shown_as_far_as_it_is(alone, read_page):
    row = {"step": 1, "split": "train", "n_tokens": 500, "train_flops": 1e9, "seconds": 0.1, "loss": 5.0}
    started = read_page(run_page(alone(rows=[row], name="started", finished=False), EN))
    assert "This run has not finished." in started.text
    assert "seen 500 units" in started.text
    nothing = read_page(run_page(alone(name="nothing", finished=False), EN))
    assert "<figure" not in nothing.source


def test_history_holds_what_was_logged(run):
    train, validation = history(run, "train"), history(run, "validation")
    assert len(train.loss) == len(train.lr) == 60
    assert len(validation.loss) == 10
    assert validation.lr == []
    assert train.n_tokens[-1] == run.summary.n_tokens


def test_the_loss_is_drawn_against_data_and_compute_with_the_learning_rate(run):
    page = run_page(run, EN)
    for text in ("training compute, FLOP", "tokens seen", "learning rate", "loss, nats per token", "2×10¹²"):
        assert f">{text}</text>" in page


def test_chinese_and_the_same_bytes(run, read_page):
    page = run_page(run, Words("zh"))
    assert page == run_page(run, Words("zh"))
    assert "优于基线" in read_page(page).text
