"""A run made small from the command line."""

import pytest
import tiny_tasks
from documented import departures

from armillary.models import MODELS
from armillary.training.config import RunConfig
from armillary.training.trainer import train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    task = tiny_tasks.text_classification(tmp_path_factory.mktemp("data")).task
    config = RunConfig(
        task=task, model=MODELS["cnn"](), budget="30 steps", batch_size=8, evaluations=1, checkpoints=1
    ).fitted()
    config = config.replace(model=config.model.at_size(3e4))
    return train(config, tmp_path_factory.mktemp("runs") / "notes").path


def test_several_schemes_stand_beside_the_parent(ask, run, tmp_path) -> None:
    status, out, err = ask("quantize", run, "--to", "int8,ternary", "--quiet")
    assert status == 0, err
    assert "notes-int8" in out
    assert "notes-ternary" in out
    assert "bits a weight" in out
    status, out, _ = ask("evaluate", run.with_name("notes-ternary"))
    assert status == 0
    assert "accuracy" in out


def test_json_is_as_documented(ask_json, run, tmp_path) -> None:
    facts = ask_json("quantize", run, "--target", "size<0.2x", "--out", tmp_path / "small", "--quiet")
    assert departures("armillary quantize", facts) == []
    [made] = facts["made"]
    assert made["n_bytes"] < 0.2 * made["parent_bytes"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "int3"], "int4"),
        (["--to", "int8,int4", "--out", "x"], "--out names one run"),
        (["--target", "fast"], "a target is like"),
        (["grop=3"], "did you mean 'group'"),
    ],
)
def test_what_does_not_go_is_told_in_one_line(ask, run, arguments, said) -> None:
    status, out, err = ask("quantize", run, *arguments)
    assert status == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert not out
