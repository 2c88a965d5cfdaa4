"""A real ladder on real text, small enough for a test: trained, killed, resumed, analysed."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from armillary.core.errors import RequestError
from armillary.data.sources import SOURCES
from armillary.data.tokenizers import ByteConfig
from armillary.models import MODELS
from armillary.runs.run import Run
from armillary.scaling.ladder import HeldOut, LadderConfig, climb, dry_run, fitted_rungs, reopen
from armillary.scaling.ladder.record import Record
from armillary.tasks.text_generation import TextGeneration
from armillary.training.config import RunConfig
from armillary.training.schedules import stable_steps


def ladder(text: Path) -> LadderConfig:
    task = TextGeneration(
        source=SOURCES["text-files"](path=text), tokenizer=ByteConfig(), context=16, evaluation_tokens=2048
    )
    base = RunConfig(
        task=task, model=MODELS["transformer"](), batch_size=8, precision="32-true", evaluations=2
    )
    return LadderConfig(
        name="small",
        base=base,
        families=("cnn", "transformer"),
        sizes=(6e3, 1e4, 1.6e4),
        n_tokens=(4096, 8192),
        held_out=HeldOut(size=3e4, n_tokens=16384, families=1),
        workers=2,
    )


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text(Path(argparse.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def climbed(text, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ladder") / "whole"
    return folder, climb(ladder(text), folder, quiet=True)


def test_every_rung_is_trained_and_named_after_its_trunk(text):
    rungs = fitted_rungs(ladder(text))
    assert len(rungs) == 2 * 3 * 2
    assert {rung.n_tokens for rung in rungs} == {4096, 8192}
    for rung in rungs:
        trunk = next(r for r in rungs if r.name == rung.trunk)
        assert trunk.n_tokens == 8192
        assert rung.n_params == trunk.n_params


def test_branches_share_everything_but_the_budget_with_their_trunk(text):
    rungs = {rung.name: rung for rung in fitted_rungs(ladder(text))}
    for rung in rungs.values():
        trunk = rungs[rung.trunk].config
        assert rung.config == trunk.replace(budget=rung.config.budget)
        assert stable_steps(rung.config) <= stable_steps(trunk)


def test_the_prediction_is_written_before_the_model_is_trained(climbed):
    folder, analysis = climbed
    predictions = json.loads((folder / "prediction.json").read_text())
    record = Record.open(folder).data
    held_out = [row for row in record["rungs"] if row["role"] == "held-out"]
    assert [row["family"] for row in held_out] == predictions["chosen"]
    written = (folder / "prediction.json").stat().st_mtime
    for row in held_out:
        run = folder / "rungs" / row["name"]
        assert (run / "run.json").stat().st_mtime >= written
        predicted = next(p for p in predictions["predictions"] if p["family"] == row["family"])
        check = next(c for f in analysis.families for c in f.checks if c.name == row["name"])
        assert check.extrapolation.loss == pytest.approx(predicted["loss"])
        assert check.measured == Run.open(run).summary.loss


def test_the_record_knows_source_baselines_and_costs(climbed):
    folder, analysis = climbed
    record = Record.open(folder).data
    assert record["source"]["n_tokens"] > 50_000
    assert record["baselines"]
    assert analysis.baselines.keys() == record["baselines"].keys()
    for row in record["rungs"]:
        summary = Run.open(folder / "rungs" / row["name"]).summary
        assert summary.n_params == row["n_params"]
        assert summary.n_tokens == row["n_tokens"]
        assert summary.train_flops == pytest.approx(row["train_flops"])


def test_a_folder_is_not_climbed_twice(climbed, text):
    with pytest.raises(RequestError, match="holds a ladder already"):
        climb(ladder(text), climbed[0], quiet=True)


def test_a_dry_run_trains_nothing_and_counts_what_will_be(text, climbed):
    expected = dry_run(ladder(text))
    rows = {row["name"]: row for row in Record.open(climbed[0]).data["rungs"]}
    for rung in (e.rung for e in expected.rungs if e.rung.role == "fit"):
        assert rung.row() == rows[rung.name]
    assert expected.seconds > 0
    assert all(e.memory_bytes > 0 for e in expected.rungs)


def test_a_ladder_killed_anywhere_is_resumed_to_the_same_weights(climbed, text, tmp_path):
    whole, _ = climbed
    folder = tmp_path / "killed"
    script = (
        "import sys; from pathlib import Path; from armillary.scaling.ladder import LadderConfig, climb\n"
        "import json\n"
        "if __name__ == '__main__':\n"
        "    climb(LadderConfig.from_dict(json.loads(sys.argv[1])), Path(sys.argv[2]), quiet=True)\n"
    )
    file = tmp_path / "climb.py"
    file.write_text(script)
    part = ladder(text).replace(families=("cnn",), held_out=None)
    command = [sys.executable, str(file), json.dumps(part.to_dict()), str(folder)]
    process = subprocess.Popen(command, start_new_session=True)
    while sum(1 for _ in folder.glob("rungs/*/summary.json")) < 3:
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    finished = {p: p.stat().st_mtime_ns for p in folder.glob("rungs/*/summary.json")}
    time.sleep(1.5)  # its workers notice, and end
    reopen(folder, quiet=True)
    for path, written in finished.items():
        assert path.stat().st_mtime_ns == written
    for row in Record.open(folder).data["rungs"]:
        weights = [f / "rungs" / row["name"] / "model.safetensors" for f in (whole, folder)]
        assert weights[0].read_bytes() == weights[1].read_bytes(), row["name"]
