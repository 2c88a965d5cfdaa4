import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch

from armillary.core.errors import ConfigError
from armillary.runs.run import Run
from armillary.training import checkpoint as checkpoints
from armillary.training.parallel import Processes, device_type, fabric_for, fill, whole
from armillary.training.trainer import train


def test_half_precision_on_a_cpu_is_refused(toy) -> None:
    with pytest.raises(ConfigError, match="needs an accelerator"):
        fabric_for(toy(precision="16-mixed"))


def test_auto_means_what_this_machine_has(toy) -> None:
    found = torch.accelerator.current_accelerator()
    expected = found.type if found is not None and torch.accelerator.is_available() else "cpu"
    assert device_type(toy(accelerator="auto")) == expected
    assert device_type(toy(accelerator="cpu")) == "cpu"


def test_one_process_agrees_with_itself(toy) -> None:
    processes = Processes(fabric_for(toy()))
    assert processes.first
    assert processes.same("path") == "path"
    assert processes.any(True)
    assert not processes.any(False)


def test_tensors_on_one_device_are_whole_already() -> None:
    tensor = torch.ones(2)
    assert whole({"t": tensor})["t"] is tensor
    assert fill(tensor, torch.zeros(2)) is tensor
    assert tensor.sum() == 0


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_learn_what_one_learns(toy, plain, tmp_path: Path, strategy: str) -> None:
    """Also after a kill: from the checkpoint in the middle to the end once more."""
    script = Path(__file__).with_name("twins.py")
    command = [sys.executable, script, tmp_path / "two", strategy]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    alone = train(toy(**plain, ema=0.9), tmp_path / "one")
    two = Run.open(tmp_path / "two")
    assert two.summary.n_examples == alone.summary.n_examples
    assert two.summary.train_flops == alone.summary.train_flops
    once = safetensors.torch.load_file(two.path / "model.safetensors")
    for name, tensor in safetensors.torch.load_file(alone.path / "model.safetensors").items():
        torch.testing.assert_close(once[name], tensor, rtol=2e-3, atol=2e-4)
    (two.path / "summary.json").unlink()
    for name in ("model.safetensors", "manifest.json"):
        (checkpoints.path_of(two.path, 24) / name).unlink()
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for name, tensor in safetensors.torch.load_file(two.path / "model.safetensors").items():
        assert torch.equal(once[name], tensor)
