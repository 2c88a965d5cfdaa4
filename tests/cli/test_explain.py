"""A run asked why from the command line."""

import pytest
import tiny_tasks
from documented import departures

from armillary.models import MODELS
from armillary.training.config import RunConfig
from armillary.training.trainer import train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    task = tiny_tasks.translation(tmp_path_factory.mktemp("data")).task
    config = RunConfig(
        task=task, model=MODELS["lstm"](), budget="4 steps", batch_size=8, evaluations=1, checkpoints=1
    ).fitted()
    config = config.replace(model=config.model.at_size(2e4))
    return train(config, tmp_path_factory.mktemp("runs") / "run").path


def test_an_answer_is_explained_and_judged(ask, run, tmp_path) -> None:
    page = tmp_path / "why.html"
    status, out, err = ask(
        "explain", run, "the old star", "--for", "STAR OLD", "--method", "occlusion,rise", "--out", page
    )
    assert status == 0, err
    assert "occlusion: why the old star" in out
    assert "rise: why the old star" in out
    assert "random explanations" in out
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_json_is_as_documented(ask_json, run) -> None:
    facts = ask_json("explain", run, "the old star", "--for", "STAR OLD", "--method", "occlusion")
    assert departures("armillary explain", facts) == []
    assert facts["explanations"][0]["features"] == ["the", "old", "star"]
    ranking = ask_json("explain", run, "--compare", "--inputs", 1, "--method", "occlusion", "--quiet")
    assert departures("armillary explain --compare", ranking) == []


def test_a_ranking_is_a_table(ask, run) -> None:
    status, out, err = ask("explain", run, "--compare", "--inputs", 1, "--method", "occlusion")
    assert status == 0
    assert "occlusion" in out
    assert "1 of 1 inputs explained" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "explain takes an INPUT, or --compare"),
        (["text", "--compare"], "--compare takes inputs from the test split itself"),
        (["text", "--method", "shaply"], "did you mean 'shapley'"),
        (["text", "--method", "grad-cam", "--for", "A B"], "grad-cam cannot explain this"),
        (["", "--for", "A B"], "no word"),
    ],
)
def test_what_does_not_go_is_told_in_one_line(ask, run, arguments, said) -> None:
    status, out, err = ask("explain", run, *arguments)
    assert status == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert not out
