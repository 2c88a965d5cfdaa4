import json
import subprocess
import sys
from pathlib import Path

import pytest

from armillary.core.errors import CheckpointError, RequestError
from armillary.runs.run import Run
from armillary.training import checkpoint as checkpoints
from armillary.training.progress import Silent
from armillary.training.trainer import train


class Heard(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


class Killed(BaseException):
    """The process is gone: nothing of ours may catch this."""


CHANGES = {"ema": 0.9, "accumulate": 2, "budget": "30 steps", "checkpoints": 6, "evaluations": 3}


@pytest.fixture
def whole(toy, tmp_path: Path) -> Run:
    return train(toy(**CHANGES), tmp_path / "whole")


def kill_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process die in the middle of optimizer step ``step``."""
    from armillary.training.learner import Learner

    whole_step = Learner.step

    def dying(self, number, lr, batch):
        whole_step(self, number, lr, batch)
        if number == step:
            raise Killed

    monkeypatch.setattr(Learner, "step", dying)


def written(run: Run) -> tuple[bytes, list[dict]]:
    """Return what must not depend on kills: the weights, and the rows but for their times."""
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in run.metrics()]
    return (run.path / "model.safetensors").read_bytes(), rows


@pytest.mark.parametrize("step", [0, 4, 5, 14, 29])
def test_a_killed_run_ends_as_if_nothing_had_been(toy, tmp_path: Path, whole: Run, step: int) -> None:
    """With dropout, carried state, gradient accumulation, averaged weights and batch norm."""
    with pytest.MonkeyPatch.context() as patch:
        kill_at(step, patch)
        with pytest.raises(Killed):
            train(toy(**CHANGES), tmp_path / "run")
    resumed = train(toy(**CHANGES), tmp_path / "run", resume=True)
    assert written(resumed) == written(whole)
    ours, theirs = resumed.summary, whole.summary
    assert (ours.loss, ours.train_flops, ours.metrics) == (theirs.loss, theirs.train_flops, theirs.metrics)


def test_a_killed_run_of_muon_ends_as_if_nothing_had_been(toy, tmp_path: Path) -> None:
    changes = CHANGES | {"optim__algorithm": "muon"}
    whole = train(toy(**changes), tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        kill_at(14, patch)
        with pytest.raises(Killed):
            train(toy(**changes), tmp_path / "run")
    assert written(train(toy(**changes), tmp_path / "run", resume=True)) == written(whole)


def test_a_kill_between_the_last_rows_and_the_summary_leaves_no_row_twice(toy, tmp_path, whole: Run) -> None:
    def dying(*_) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("armillary.training.trainer.write_model", dying)
        with pytest.raises(Killed):
            train(toy(**CHANGES), tmp_path / "run")
    assert written(train(toy(**CHANGES), tmp_path / "run", resume=True)) == written(whole)


def test_patience_is_not_forgotten_over_a_kill(toy, tmp_path: Path) -> None:
    changes = CHANGES | {"patience": 2, "evaluations": 15, "optim__lr": 0.5, "budget": "60 steps"}
    whole = train(toy(**changes), tmp_path / "whole")
    steps = max(row["step"] for row in whole.metrics())
    assert steps < 60
    with pytest.MonkeyPatch.context() as patch:
        kill_at(steps - 1, patch)
        with pytest.raises(Killed):
            train(toy(**changes), tmp_path / "run")
    assert written(train(toy(**changes), tmp_path / "run", resume=True)) == written(whole)


def test_a_truncated_checkpoint_is_passed_over_with_a_word(toy, tmp_path: Path, whole: Run) -> None:
    with pytest.MonkeyPatch.context() as patch:
        kill_at(27, patch)
        with pytest.raises(Killed):
            train(toy(**CHANGES), tmp_path / "run")
    last = checkpoints.path_of(tmp_path / "run", 25) / "optimizer.safetensors"
    last.write_bytes(last.read_bytes()[:-100])
    heard = Heard()
    resumed = train(toy(**CHANGES), tmp_path / "run", resume=True, progress=heard)
    assert heard.lines[0] == "n_train 600, n_validation 600, n_test 600"
    assert "step-000025/optimizer.safetensors" in heard.lines[1]
    assert written(resumed) == written(whole)


def test_without_a_whole_checkpoint_the_error_names_the_file(toy, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        kill_at(12, patch)
        with pytest.raises(Killed):
            train(toy(**CHANGES), tmp_path / "run")
    for step in checkpoints.steps_of(tmp_path / "run"):
        (checkpoints.path_of(tmp_path / "run", step) / "model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"step-000005/model.safetensors has 0 bytes"):
        train(toy(**CHANGES), tmp_path / "run", resume=True)


def test_a_finished_run_is_returned_untouched(toy, tmp_path: Path, whole: Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.path.rglob("*")}
    assert train(toy(**CHANGES), whole.path, resume=True).summary == whole.summary
    assert {path: path.stat().st_mtime_ns for path in whole.path.rglob("*")} == before


def test_a_run_goes_on_as_it_began(toy, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        kill_at(12, patch)
        with pytest.raises(Killed):
            train(toy(**CHANGES), tmp_path / "run")
    with pytest.raises(RequestError, match=r"optim\.lr=0\.02, not 0\.5"):
        train(toy(**CHANGES, optim__lr=0.5), tmp_path / "run", resume=True)


def test_nothing_to_resume_is_an_error(toy, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="is not a run"):
        train(toy(), tmp_path / "absent", resume=True)


def test_kills_at_random_moments_change_nothing(tmp_path: Path) -> None:
    """A real process, really killed, wherever it happens to be: see crash.py."""
    script = Path(__file__).with_name("crash.py")
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["kills"] >= 3
    assert written(Run.open(tmp_path / "killed")) == written(Run.open(tmp_path / "whole"))
