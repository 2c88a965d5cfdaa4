"""Runs of every task made small, opened and asked again."""

import dataclasses
import json

import pytest
from tiny_tasks import CASES

from armillary.compression import Target, quantize, smallest
from armillary.core.errors import ConfigError, RequestError
from armillary.inference import open_model
from armillary.models import MODELS
from armillary.models.quantization import Quantization
from armillary.runs.run import Run
from armillary.scaling.observations import from_runs
from armillary.training.config import RunConfig
from armillary.training.trainer import train

FAMILY = {
    "automatic-speech-recognition": "cnn",
    "image-classification": "cnn",
    "summarization": "transformer",
    "text-classification": "lstm",
    "text-generation": "lstm",
    "text-to-image": "flow-transformer",
    "translation": "lstm",
}


@pytest.fixture(scope="module", params=sorted(FAMILY))
def trained(request, tmp_path_factory):
    case = CASES[request.param](tmp_path_factory.mktemp("data"))
    draws = request.param == "text-to-image"
    config = RunConfig(
        task=case.task,
        model=MODELS[FAMILY[request.param]](**({"d_model": 32} if draws else {})),
        budget="40 steps" if request.param == "image-classification" else "6 steps",
        batch_size=16,
        evaluations=1,
        checkpoints=1,
    ).fitted()
    config = config if draws else config.replace(model=config.model.at_size(3e4))
    return case, train(config, tmp_path_factory.mktemp("runs") / "run")


def test_a_run_in_eight_bits_answers_as_before_from_half_of_the_file_or_less(trained, tmp_path) -> None:
    case, run = trained
    small = quantize(run, Quantization(), tmp_path / "int8")
    # A quarter, but that vectors and small matrices, much of so small a model, are kept whole.
    assert small.n_bytes < 0.55 * small.parent_bytes
    assert small.loss == pytest.approx(small.parent_loss, rel=0.02)
    assert small.bits_per_weight == pytest.approx(8 * small.n_bytes / run.summary.n_params)
    made = Run.open(tmp_path / "int8")
    assert made.finished
    assert made.parent == str(run.path)
    assert made.summary.metrics["test/loss"] == small.loss
    model = open_model(made)
    answers = model.answer(case.inputs, **case.options)
    assert len(answers) == len(case.inputs)
    assert model.evaluate("test")["loss"] == pytest.approx(small.loss, rel=1e-4)
    if open_model(run).judge("test").examples:
        assert small.paired is not None or case.task.kind == "text-to-image"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    case = CASES["image-classification"](tmp_path_factory.mktemp("data"))
    config = RunConfig(
        task=case.task, model=MODELS["cnn"](), budget="120 steps", batch_size=32, evaluations=1, checkpoints=1
    ).fitted()
    config = config.replace(model=config.model.at_size(3e4))
    return train(config, tmp_path_factory.mktemp("runs") / "digits")


def test_fewer_bits_are_smaller_and_cost_more(digits, tmp_path) -> None:
    made = {
        name: quantize(digits, Quantization(scheme=name), tmp_path / name)
        for name in ("int8", "int4", "int2", "binary")
    }
    sizes = [each.n_bytes for each in made.values()]
    assert sizes == sorted(sizes, reverse=True)
    assert made["int4"].score > made["int4"].parent_score - 0.1
    assert made["int8"].loss <= made["int4"].loss <= made["int2"].loss
    with pytest.raises(RequestError, match="quantized already"):
        quantize(tmp_path / "int4", Quantization(), tmp_path / "again")
    with pytest.raises(RequestError, match="holds a run already"):
        quantize(digits, Quantization(), tmp_path / "int4")


def test_laws_of_training_pass_a_small_run_by(digits, tmp_path) -> None:
    quantize(digits, Quantization(), tmp_path / "runs" / "int8")
    found = from_runs(tmp_path / "runs")
    assert not found.rows
    assert "made small after training" in found.dropped[0].reason


def test_the_smallest_that_reaches_the_targets_is_taken(digits) -> None:
    assert smallest(digits, [Target.parse("size<0.5x")]).scheme == "binary"
    chosen = smallest(digits, [Target.parse("accuracy>0.95x"), Target.parse("loss<1.5x")])
    assert chosen.scheme in ("int8", "int4")
    with pytest.raises(RequestError, match=r"no scheme reaches the target.*binary, size \d+.*int8"):
        smallest(digits, [Target.parse("size<10B")])
    with pytest.raises(ConfigError, match="did you mean 'accuracy'"):
        smallest(digits, [Target.parse("acuracy>0.5")])


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("size<1.5MB", Target("size", False, 1.5e6, False)),
        ("size < 0.2x", Target("size", False, 0.2, True)),
        ("test/bleu>0.99x", Target("test/bleu", True, 0.99, True)),
        ("loss<2", Target("loss", False, 2.0, False)),
    ],
)
def test_targets_are_read(text, target) -> None:
    assert Target.parse(text) == target


@pytest.mark.parametrize("text", ["size<3", "loss<2MB", "fast", "loss=3", "latency<5ms"])
def test_other_targets_are_refused(text) -> None:
    with pytest.raises(ConfigError):
        Target.parse(text)


def test_what_fine_tuning_starts_from_is_whole_again(digits, tmp_path) -> None:
    from armillary.training.start import first_weights, further

    quantize(digits, Quantization(scheme="int4"), tmp_path / "int4")
    assert further(tmp_path / "int4").quantization is None
    model = open_model(digits).module
    assert set(first_weights(tmp_path / "int4")) == set(first_weights(digits.path))
    assert {n: t.shape for n, t in first_weights(tmp_path / "int4").items()} == {
        n: t.shape for n, t in model.state_dict().items()
    }


def test_a_killed_quantization_leaves_no_run(digits, tmp_path, monkeypatch) -> None:
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("armillary.inference.model.Model.judge", killed)
    with pytest.raises(KeyboardInterrupt):
        quantize(digits, Quantization(), tmp_path / "int8")
    assert not (tmp_path / "int8").exists()


def test_the_configuration_is_in_the_run(digits, tmp_path) -> None:
    quantize(digits, Quantization(scheme="int4", group=32), tmp_path / "int4")
    config = json.loads((tmp_path / "int4" / "run.json").read_text())["config"]
    assert "Its weights are in int4." in (tmp_path / "int4" / "README.md").read_text()
    assert config["quantization"] == dataclasses.asdict(Quantization(scheme="int4", group=32))
