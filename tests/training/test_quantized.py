"""Runs whose weights are rounded, while they learn or after it."""

from pathlib import Path

import pytest
import torch

from armillary.core.errors import CheckpointError, ConfigError, UnknownNameError
from armillary.inference import open_model
from armillary.models.quantization import Quantization
from armillary.runs.run import Run
from armillary.training.config import RunConfig
from armillary.training.learner import Learner
from armillary.training.parallel import fabric_for
from armillary.training.rules import resolved
from armillary.training.start import first_weights, further
from armillary.training.trainer import train

TWO = Quantization(bits="2", group_size=16)
AFTER = TWO.replace(aware=False)


@pytest.fixture
def toy(toy):
    """The toy model, wide enough to have matrices that are rounded to fewer than 8 bits."""
    return lambda **changes: toy(model__d_model=32, **changes)


@pytest.fixture
def quantized(toy, plain, tmp_path: Path) -> Run:
    return train(toy(quantization=TWO, ema=0.9, **plain), tmp_path / "quantized")


def test_it_ends_with_packed_weights_that_answer_as_it_was_judged(quantized: Run) -> None:
    model = open_model(quantized)
    again = model.evaluate("test")
    assert again == pytest.approx({name: quantized.summary.metrics[f"test/{name}"] for name in again})
    groups = model.module.mix.weight.unflatten(1, (2, 16)).flatten(0, 1)
    assert max(len(group.unique()) for group in groups) == 4


def test_its_card_and_its_shape_say_so(quantized: Run) -> None:
    assert "trained with weights rounded to 2bit" in (quantized.path / "README.md").read_text()
    assert '"bits": "2"' in (quantized.path / "config.json").read_text()


def test_only_what_learns_rounded_learns_otherwise(toy, plain) -> None:
    """Rounding after the last step leaves every step as it was."""
    weights = {}
    for name, scheme in {"none": None, "after": AFTER, "while": TWO}.items():
        learner = Learner(resolved(config := toy(quantization=scheme, **plain)), fabric_for(config))
        batches = config.task.training_batches(4, 0)
        for step in range(5):
            learner.step(step, 0.01, batches[step])
        weights[name] = learner.weights()["mix.weight"]
    assert torch.equal(weights["none"], weights["after"])
    assert not torch.equal(weights["none"], weights["while"])


def test_what_learns_rounded_loses_less_than_what_is_rounded_after(toy, plain, tmp_path: Path) -> None:
    longer = {"budget": "100 steps", "quantization": TWO.replace(bits="binary")}
    after = longer | {"quantization": longer["quantization"].replace(aware=False)}
    losses = [
        train(toy(**plain, **changes), tmp_path / name).summary.loss
        for name, changes in {"while": longer, "after": after}.items()
    ]
    assert losses[0] < losses[1] - 0.05


def test_killed_it_ends_as_if_nothing_had_been(toy, tmp_path: Path) -> None:
    """With dropout, batch norm, averaged weights and a batch in two parts."""
    config = toy(quantization=TWO, ema=0.9, accumulate=2, budget="30 steps", checkpoints=6)
    whole, torn = train(config, tmp_path / "whole"), train(config, tmp_path / "torn")
    for name in ("summary.json", "model.safetensors"):
        (torn.path / name).unlink()
    newest = sorted((torn.path / "checkpoints").iterdir())[-1]
    (newest / "manifest.json").write_text("{")
    again = train(config, torn.path, resume=True)
    assert (again.path / "model.safetensors").read_bytes() == (whole.path / "model.safetensors").read_bytes()
    assert again.summary.metrics == whole.summary.metrics


def test_a_run_goes_on_from_weights_in_either_form(toy, plain, tmp_path: Path) -> None:
    parent = train(toy(**plain), tmp_path / "parent")
    config = further(parent.path).override("quantization.bits=4", "budget=5 steps")
    assert config.quantization == Quantization(bits="4")
    four = train(config, tmp_path / "four")
    assert four.parent == str(parent.path)
    on = further(four.path)
    assert on.quantization == config.quantization
    assert first_weights(four.path).keys() == first_weights(parent.path).keys()
    plain_again = on.override("quantization=none", "budget=2 steps")
    assert plain_again.quantization is None
    assert train(plain_again, tmp_path / "on").finished


def test_what_was_rounded_after_training_goes_on_rounded(toy, plain, tmp_path: Path) -> None:
    parent = train(toy(quantization=AFTER, **plain), tmp_path / "parent")
    assert further(parent.path).quantization == TWO


def test_codes_of_another_model_are_named(quantized: Run) -> None:
    record = quantized.path / "run.json"
    record.write_text(record.read_text().replace('"group_size": 16', '"group_size": 8'))
    with pytest.raises(CheckpointError, match="of another scheme"):
        open_model(quantized.path)


def test_a_configuration_without_the_field_is_one_that_is_not_quantized(quantized: Run) -> None:
    older = {name: value for name, value in quantized.config.items() if name != "quantization"}
    assert RunConfig.from_dict(older).quantization is None


def test_what_cannot_be(toy) -> None:
    with pytest.raises(ConfigError, match="strategy is auto or ddp with quantization"):
        toy(quantization=TWO, strategy="fsdp")
    with pytest.raises((ConfigError, UnknownNameError), match="known: 2, 3, 4, 8, binary, ternary"):
        toy().override("quantization.bits=7")
