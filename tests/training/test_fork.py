from pathlib import Path

import pytest

from armillary.core.errors import CheckpointError, RequestError
from armillary.runs.run import Run
from armillary.training import checkpoint as checkpoints
from armillary.training.config import RunConfig
from armillary.training.fork import fork
from armillary.training.schedules import stable_steps
from armillary.training.trainer import train

SHORT, LONG = "20 steps", "48 steps"


@pytest.fixture
def trunk(toy, tmp_path: Path) -> Run:
    """A long run that kept a checkpoint where the short one starts to decay."""
    return train(
        toy(budget=LONG, ema=0.9), tmp_path / "trunk", checkpoint_steps=[stable_steps(toy(budget=SHORT))]
    )


def test_a_branch_is_the_shorter_run_bit_for_bit(toy, tmp_path: Path, trunk: Run) -> None:
    config = RunConfig.from_dict(trunk.config).replace(budget=SHORT, checkpoints=3)
    fork(trunk, stable_steps(config), config, tmp_path / "branch")
    branch = train(config, tmp_path / "branch", resume=True)
    scratch = train(config, tmp_path / "scratch")
    assert branch.parent == str(trunk.path)
    assert (branch.path / "model.safetensors").read_bytes() == (
        scratch.path / "model.safetensors"
    ).read_bytes()
    ours, theirs = branch.summary, scratch.summary
    assert (ours.loss, ours.n_tokens, ours.train_flops) == (theirs.loss, theirs.n_tokens, theirs.train_flops)
    assert ours.loss != trunk.summary.loss


def test_a_branch_may_start_before_its_decay(toy, tmp_path: Path) -> None:
    trunk = train(toy(budget=LONG), tmp_path / "trunk", checkpoint_steps=[7])
    config = RunConfig.from_dict(trunk.config).replace(budget=SHORT)
    fork(trunk, 7, config, tmp_path / "branch")
    branch, scratch = train(config, tmp_path / "branch", resume=True), train(config, tmp_path / "scratch")
    assert (branch.path / "model.safetensors").read_bytes() == (
        scratch.path / "model.safetensors"
    ).read_bytes()


def test_a_branch_inherits_the_trunks_record_up_to_where_it_left(toy, tmp_path: Path, trunk: Run) -> None:
    config = RunConfig.from_dict(trunk.config).replace(budget=SHORT)
    step = stable_steps(config)
    branch = fork(trunk, step, config, tmp_path / "branch")
    inherited = list(branch.metrics())
    assert max(row["step"] for row in inherited) == step
    assert inherited == [row for row in trunk.metrics() if row["step"] <= step]


def test_a_step_without_a_checkpoint_is_an_error_that_lists_what_there_is(
    toy, tmp_path: Path, trunk: Run
) -> None:
    with pytest.raises(RequestError, match=r"no checkpoint at step 3 \(it has: 16, 36, 48\)"):
        fork(trunk, 3, RunConfig.from_dict(trunk.config).replace(budget=SHORT), tmp_path / "branch")


def test_a_branch_after_its_decay_began_is_refused(toy, tmp_path: Path, trunk: Run) -> None:
    with pytest.raises(RequestError, match="decays from step 7 on"):
        fork(trunk, 16, RunConfig.from_dict(trunk.config).replace(budget="9 steps"), tmp_path / "branch")


def test_a_branch_differs_in_its_budget_alone(toy, tmp_path: Path, trunk: Run) -> None:
    with pytest.raises(RequestError, match="not in seed: 1 instead of 0"):
        fork(trunk, 16, toy(budget=SHORT, ema=0.9, seed=1), tmp_path / "branch")


def test_a_damaged_trunk_is_noticed(toy, tmp_path: Path, trunk: Run) -> None:
    (checkpoints.path_of(trunk.path, 16) / "model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"step-000016/model\.safetensors"):
        fork(trunk, 16, RunConfig.from_dict(trunk.config).replace(budget=SHORT), tmp_path / "branch")
    assert not (tmp_path / "branch" / "run.json").exists()
