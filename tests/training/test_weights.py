from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from armillary.core.errors import CheckpointError
from armillary.training.weights import distinct, load_weights, read_tensors, write_tensors


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(5, 4)
        self.conv = nn.Conv2d(4, 6, 3).to(memory_format=torch.channels_last)
        self.out = nn.Linear(4, 5, bias=False)
        self.out.weight = self.table.weight


def test_weights_come_back_and_keep_their_memory_layout(tmp_path: Path) -> None:
    written, read = Tied(), Tied()
    write_tensors(tmp_path / "w.safetensors", written.state_dict())
    load_weights(read, read_tensors(tmp_path / "w.safetensors"), tmp_path)
    for name, tensor in read.state_dict().items():
        assert torch.equal(tensor, written.state_dict()[name])
    assert read.conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert read.out.weight is read.table.weight


def test_a_tied_matrix_is_written_once_and_other_readers_cope(tmp_path: Path) -> None:
    model = Tied()
    write_tensors(tmp_path / "w.safetensors", model.state_dict())
    assert set(read_tensors(tmp_path / "w.safetensors")) == {"table.weight", "conv.weight", "conv.bias"}
    other = Tied()
    missing, unexpected = safetensors.torch.load_model(other, tmp_path / "w.safetensors")
    assert (list(missing), list(unexpected)) == ([], [])
    assert torch.equal(other.out.weight, model.out.weight)


def test_equal_values_in_different_places_are_different_tensors() -> None:
    a, empty = torch.ones(3), torch.empty(0)
    tensors = {"a": a, "same": a, "equal": torch.ones(3), "empty": empty, "empty too": empty}
    assert set(distinct(tensors)) == {"a", "equal", "empty", "empty too"}


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({}, "lacks 'conv.bias'"),
        ({**Tied().state_dict(), "new": torch.ones(1)}, "'new', which the model has not"),
        ({**distinct(Tied().state_dict()), "conv.bias": torch.ones(7)}, r"'conv.bias' is \(7,\)"),
    ],
)
def test_another_models_weights_are_refused(tensors: dict, reason: str) -> None:
    with pytest.raises(CheckpointError, match=reason):
        load_weights(Tied(), distinct(tensors), Path("somewhere"))


@pytest.mark.parametrize("content", [b"", b"\x10\x00\x00\x00\x00\x00\x00\x00{}"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"w\.safetensors"):
        read_tensors(tmp_path / "w.safetensors")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"absent\.safetensors"):
        read_tensors(tmp_path / "absent.safetensors")
