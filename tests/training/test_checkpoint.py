import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from armillary.core.errors import CheckpointError
from armillary.training import checkpoint as checkpoints
from armillary.training.checkpoint import Checkpoint


def made(step: int, size: int = 10) -> Checkpoint:
    return Checkpoint(
        step,
        {"best_loss": None, "carried": [None]},
        {"model": {"w": torch.full((size,), float(step))}, "carried": {}},
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with checkpoints at steps 10, 20 and 30."""
    for step in (10, 20, 30):
        checkpoints.save(tmp_path, made(step))
    return tmp_path


def test_a_checkpoint_comes_back_as_it_was(run: Path) -> None:
    read = checkpoints.load(checkpoints.path_of(run, 20))
    assert read.step == 20
    assert read.values["best_loss"] is None
    assert torch.equal(read.tensors["model"]["w"], torch.full((10,), 20.0))
    assert read.tensors["carried"] == {}


def test_the_newest_is_found_and_nothing_is_said(run: Path) -> None:
    said: list[str] = []
    newest = checkpoints.newest(run, said.append)
    assert newest is not None
    assert newest.step == 30
    assert said == []


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [truncate, flip, Path.unlink])
@pytest.mark.parametrize("name", ["model.safetensors", "trainer.json", "manifest.json"])
def test_a_damaged_one_is_passed_over_and_its_file_named(run: Path, damage, name: str) -> None:
    damage(checkpoints.path_of(run, 30) / name)
    said: list[str] = []
    newest = checkpoints.newest(run, said.append)
    assert newest is not None
    assert newest.step == 20
    assert len(said) == 1
    assert f"step-000030/{name}" in said[0]


def test_when_all_are_damaged_the_error_names_a_file(run: Path) -> None:
    for step in (10, 20, 30):
        truncate(checkpoints.path_of(run, step) / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"step-000010/model\.safetensors has"):
        checkpoints.newest(run, print)


def test_without_any_there_is_none(tmp_path: Path) -> None:
    assert checkpoints.newest(tmp_path, print) is None
    assert checkpoints.steps_of(tmp_path) == []


def test_the_newest_two_and_the_pinned_are_kept(run: Path) -> None:
    checkpoints.save(run, made(40))
    checkpoints.prune(run, pinned={10})
    assert checkpoints.steps_of(run) == [10, 30, 40]


def test_a_checkpoint_is_found_by_its_step(run: Path) -> None:
    assert checkpoints.checkpoint_at(run, 20) == run / "checkpoints" / "step-000020"
    assert checkpoints.checkpoint_at(run, 21) is None


def test_what_a_kill_left_half_written_is_no_checkpoint_and_swept_away(run: Path) -> None:
    scrap = run / "checkpoints" / ".step-000040.x7f" / "step-000040"
    shutil.copytree(checkpoints.path_of(run, 30), scrap)
    assert checkpoints.steps_of(run) == [10, 20, 30]
    checkpoints.sweep(run)
    assert not scrap.parent.exists()
    assert checkpoints.steps_of(run) == [10, 20, 30]


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 4 KiB, as the kernel would on a disk that is full.

    No fixture: the limit holds for pytest's own output too, which may be a file that is longer by then.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_refuses_is_an_error_that_names_the_file(run: Path) -> None:
    error = pytest.raises(CheckpointError, match=r"cannot write step-000040/model.safetensors.*large")
    with error, full_disk():
        checkpoints.save(run, made(40, size=10_000))
    assert checkpoints.steps_of(run) == [10, 20, 30]
    newest = checkpoints.newest(run, print)
    assert newest is not None
    assert newest.step == 30
    assert not list((run / "checkpoints").glob(".*"))
