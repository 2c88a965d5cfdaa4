"""Runs that keep what they wrote: evaluated, compared, shown side by side."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from documented import departures
from tiny_tasks import CASES

from armillary.cli.evaluate_output import keep
from armillary.inference import open_model
from armillary.models import MODELS
from armillary.models.generation import Writing
from armillary.runs.judgement import Judgement, read_judgement, write_judgement
from armillary.runs.run import Run
from armillary.training.config import RunConfig
from armillary.training.trainer import train


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> tuple[Path, Path]:
    """A run of summarization that was trained for a moment, and one that cheated."""
    folder = tmp_path_factory.mktemp("runs")
    task = CASES["summarization"](tmp_path_factory.mktemp("data")).task.replace(
        judged_examples=12, writing=Writing(max_tokens=4)
    )
    model = MODELS["transformer"]().fit_to(task.signature()).at_size(2e4)
    config = RunConfig(task=task, model=model, budget="2 steps", batch_size=8, precision="32-true")
    honest = train(config, folder / "honest").path
    cheat = Run.open(shutil.copytree(honest, folder / "cheat"))
    kept = read_judgement(cheat)
    known = (replace(e, output=e.reference, score=100.0) for e in kept.examples)
    write_judgement(cheat, replace(kept, examples=tuple(known)))
    return honest, cheat.path


def test_training_keeps_what_was_judged_on_the_test_split(runs):
    run = Run.open(runs[0])
    kept = read_judgement(run)
    pairs = RunConfig.from_dict(run.config).task.source.split("test")[:12]
    assert [(e.source, e.reference) for e in kept.examples] == [(p.source, p.target) for p in pairs]
    assert kept.metrics == {
        name[5:]: value for name, value in run.summary.metrics.items() if name.startswith("test/")
    }


def test_an_alignment_has_the_pieces_of_both_texts(runs):
    model = open_model(runs[0])
    for example in read_judgement(model.run).examples[:3]:
        alignment = model.task.alignment(model.module, example.source, example.reference)
        assert example.source.startswith("".join(alignment.source))  # the rest is not read
        assert "".join(alignment.output) == example.reference
        assert len(alignment.weights) == len(alignment.output)
        for row in alignment.weights:
            assert sum(row) == pytest.approx(1, abs=5e-3)
            assert len(row) == len(alignment.source)


def test_baselines_are_kept_for_reports_and_a_task_without_texts_keeps_no_outputs(tmp_path):
    run = Run.create(tmp_path / "run", {})
    assert keep(run, Judgement("test", {"loss": 1.0}), {"copy": {"bleu": 3.0}}) is None
    assert json.loads((run.path / "baselines.json").read_text()) == {"copy": {"bleu": 3.0}}
    assert not (run.path / "outputs").exists()


def test_a_run_is_evaluated_against_another(ask, ask_json, runs):
    honest, cheat = runs
    found = ask_json("evaluate", honest, "--against", cheat)
    assert departures("armillary evaluate", found) == []
    rouge = found["comparison"]["scores"]["rougeL"]
    assert rouge["theirs"] == pytest.approx(100)
    assert rouge["ours"] == pytest.approx(found["metrics"]["rougeL"])
    assert rouge["p_value"] < 0.01
    assert found["outputs"] == str(honest / "outputs" / "test.jsonl")
    status, out, _ = ask("evaluate", honest, "--against", cheat)
    assert status == 0
    assert "on the same 12 examples" in out
    assert "rougeL" in out


def test_both_runs_are_shown_on_one_page(ask_json, runs):
    honest, cheat = runs
    page = ask_json("report", cheat, "--against", honest, "--lang", "zh")["report"]
    assert page == str(cheat / "report-against-honest.html")
    assert "cheat 更好：ROUGE-L 100.0 对" in Path(page).read_text(encoding="utf-8")


def test_other_splits_are_evaluated_and_kept_beside(ask_json, runs):
    found = ask_json("evaluate", runs[0], "--split", "validation")
    assert departures("armillary evaluate", found) == []
    assert Path(found["outputs"]).name == "validation.jsonl"
    assert found["comparison"] is None


def test_a_run_of_other_examples_is_refused_in_one_line(ask, runs, tmp_path):
    honest, cheat = runs
    other = Run.open(shutil.copytree(cheat, tmp_path / "other"))
    kept = read_judgement(other)
    write_judgement(other, replace(kept, examples=kept.examples[1:]))
    status, _, err = ask("report", honest, "--against", other.path)
    assert status == 2
    assert "different examples (12 and 11 of the test split)" in err
    assert len(err.strip().splitlines()) == 1
