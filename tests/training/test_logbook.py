import resource
from pathlib import Path

import pytest

from armillary.core.errors import CheckpointError, DivergenceError, MissingExtraError
from armillary.runs.run import Run
from armillary.training.logbook import Logbook, Seen


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "run", {"seed": 0})


def test_a_row_is_what_was_seen_and_what_was_measured(toy, run: Run) -> None:
    seen, batch = Seen(), toy().task.dummy_batch(4)
    seen.count(batch, flops=100.0)
    seen.count(batch, flops=50.0)
    Logbook(run, tensorboard=False).row(seen, "train", {"loss": 2.0})
    assert list(run.metrics()) == [
        {
            "split": "train",
            "step": 2,
            "n_examples": 8,
            "n_tokens": 48,
            "train_flops": 150.0,
            "seconds": 0.0,
            "loss": 2.0,
        }
    ]


def test_what_json_cannot_hold_is_a_divergence(run: Run) -> None:
    with pytest.raises(DivergenceError, match="validation loss is nan at step 0"):
        Logbook(run, tensorboard=False).row(Seen(), "validation", {"loss": float("nan")})


def test_only_one_process_writes(run: Run) -> None:
    Logbook(run, tensorboard=True, writes=False).row(Seen(), "train", {"loss": 2.0})
    assert [path.name for path in run.path.iterdir()] == ["run.json"]


def test_a_full_disk_is_an_error_that_names_the_file(run: Run) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        with pytest.raises(CheckpointError, match=r"run/metrics\.jsonl: File too large"):
            Logbook(run, tensorboard=False).row(Seen(), "train", {"loss": 2.0})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_tensorboard_that_is_not_installed_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'armillary\[tensorboard\]'"):
        Logbook(run, tensorboard=True)
