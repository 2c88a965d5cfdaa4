"""Runs that start from another run's weights."""

from pathlib import Path

import pytest
import torch

from armillary.core.errors import CheckpointError, ConfigError, RequestError
from armillary.recipes import fine_tuning, name_for
from armillary.runs.run import Run
from armillary.training.start import GENTLER, first_weights, further
from armillary.training.trainer import train


@pytest.fixture
def parent(toy, plain, tmp_path: Path) -> Run:
    return train(toy(ema=0.9, **plain), tmp_path / "parent")


def test_a_run_starts_at_the_weights_of_another(tmp_path: Path, parent: Run) -> None:
    still = further(parent.path).override("optim.lr=1e-12", "optim.weight_decay=0", "budget=3 steps")
    run = train(still, tmp_path / "on")
    assert run.parent == str(parent.path)
    assert run.summary.loss == pytest.approx(parent.summary.loss, rel=1e-6)
    before, after = first_weights(parent.path), first_weights(run.path)
    assert before.keys() == after.keys()
    for name, tensor in before.items():
        assert torch.allclose(tensor, after[name], atol=1e-6), name


def test_it_is_like_its_parent_but_gentler(parent: Run) -> None:
    config = fine_tuning(parent.path, ["budget=5 steps"])
    assert config.optim.lr == pytest.approx(0.02 * GENTLER)
    assert (config.ema, config.batch_size, config.budget) == (0.9, 4, "5 steps")
    assert fine_tuning(parent.path, ["optim.lr=0.5"]).optim.lr == 0.5
    assert name_for(config, ["budget=5 steps"]) == "parent-on"


def test_interrupted_it_goes_on_bit_for_bit(toy, tmp_path: Path, parent: Run) -> None:
    config = further(parent.path)
    whole = train(config, tmp_path / "whole")
    torn = train(config, tmp_path / "torn")
    for name in ("summary.json", "model.safetensors"):
        (torn.path / name).unlink()
    newest = sorted((torn.path / "checkpoints").iterdir())[-1]
    (newest / "manifest.json").write_text("{")
    again = train(config, torn.path, resume=True)
    assert (again.path / "model.safetensors").read_bytes() == (whole.path / "model.safetensors").read_bytes()


def test_what_cannot_be_started_from_is_refused(toy, tmp_path: Path, parent: Run) -> None:
    for field in ("size=1M", "model=lstm", "model.d_model=16"):
        with pytest.raises(ConfigError, match="cannot change: the weights of"):
            fine_tuning(parent.path, [field])
    (parent.path / "summary.json").unlink()
    with pytest.raises(RequestError, match=r"has not finished and has no weights to start from; go on"):
        further(parent.path)


def test_missing_weights_are_named(tmp_path: Path, parent: Run) -> None:
    config = further(parent.path)
    (parent.path / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"parent/model\.safetensors"):
        train(config, tmp_path / "on")
