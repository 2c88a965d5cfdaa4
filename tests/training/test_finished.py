from dataclasses import replace
from pathlib import Path

import pytest

from armillary.core.files import read_json
from armillary.runs.judgement import Judged, read_judgement
from armillary.training.trainer import train


def test_the_terms_of_the_data_stand_beside_the_model(toy, tmp_path: Path) -> None:
    run = train(toy(), tmp_path / "run")
    written = read_json(run.path / "data.json")
    counts = written.pop("counts")
    assert written == {"licence": "CC0-1.0", "citation": "Made up for a test."}
    assert counts.keys() >= {"n_train", "n_validation", "n_test"}


def test_outputs_are_kept_where_the_task_has_some(
    toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = toy()
    plain = train(config, tmp_path / "plain")
    assert not (plain.path / "outputs").exists()
    shown = (Judged("1 2", "3", "3", 100.0), Judged("2 3", "4", "5", 0.0))
    judge = type(config.task).judge
    monkeypatch.setattr(
        type(config.task), "judge", lambda *args: replace(judge(*args), measure="exact", examples=shown)
    )
    run = train(config, tmp_path / "run")
    kept = read_judgement(run, "test")
    assert kept.examples == shown
    assert kept.metrics == {
        name.removeprefix("test/"): value
        for name, value in run.summary.metrics.items()
        if name.startswith("test/")
    }
