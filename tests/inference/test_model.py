import functools
import shutil
from pathlib import Path

import pytest
import torch
from tiny_tasks import Case, write_prose

from armillary.core.errors import CheckpointError, ConfigError, DataError, RequestError, UnknownNameError
from armillary.data.sources import TextFiles
from armillary.inference import open_model
from armillary.models import MODELS
from armillary.runs.run import Run
from armillary.training.config import RunConfig


@pytest.fixture
def copied(trained, tmp_path) -> Path:
    """A copy of the run, to damage."""
    return Path(shutil.copytree(trained[1].path, tmp_path / "run"))


def test_a_run_answers_without_its_source(trained: tuple[Case, Run], monkeypatch):
    case, run = trained
    config = RunConfig.from_dict(run.config)
    monkeypatch.setattr(type(case.task.source), "split", _unreadable)
    model = open_model(run)
    assert not model.module.training
    answers = model.answer(case.inputs, **case.options)
    assert len(answers) == len(case.inputs)
    assert open_model(run.path).answer(case.inputs, **case.options) == answers
    assert model.config == config
    with pytest.raises(DataError, match="gone"):
        model.evaluate()


def _unreadable(self, name):
    raise DataError("the source is gone")


def test_it_evaluates_to_what_the_run_measured(trained: tuple[Case, Run]):
    _, run = trained
    model, measured = open_model(run), run.summary.metrics
    for split, prefix in (("validation", ""), ("test", "test/")):
        again = model.evaluate(split)
        assert again == pytest.approx({name: measured[prefix + name] for name in again}, rel=1e-5)


def test_an_unknown_split_or_option_is_refused(trained: tuple[Case, Run]):
    case, run = trained
    model = open_model(run)
    with pytest.raises(UnknownNameError, match="did you mean 'test'"):
        model.evaluate("tests")
    with pytest.raises(ConfigError, match="warmth"):
        model.answer(case.inputs, warmth=1)


def test_weights_that_are_missing_cut_short_or_another_models_are_named(trained, copied):
    weights = copied / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=str(weights)):
        open_model(copied)
    weights.unlink()
    with pytest.raises(CheckpointError, match=str(weights)):
        open_model(copied)
    weights.write_bytes(whole)
    config = RunConfig.from_dict(Run.open(copied).config)
    other = config.replace(model=config.model.at_size(1.5 * config.model.n_params))
    (copied / "run.json").unlink()
    Run.create(copied, other.to_dict())
    with pytest.raises(CheckpointError, match="weights of another model"):
        open_model(copied)


def test_a_preprocessor_that_is_missing_is_named(trained, copied):
    for name in ("tokenizer.json", "preprocessor_config.json"):
        (copied / name).unlink(missing_ok=True)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json|preprocessor_config\.json"):
        open_model(copied)


def test_a_run_that_has_not_finished_does_not_answer(trained, copied):
    (copied / "summary.json").unlink()
    with pytest.raises(RequestError, match=f"has not finished.*--resume {copied}"):
        open_model(copied)


def test_opening_a_model_leaves_the_random_numbers_of_its_user_alone(trained: tuple[Case, Run]):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    open_model(trained[1])
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("device", ["gpu0", "cuda:99"])
def test_a_device_that_is_not_here_is_refused(trained: tuple[Case, Run], device):
    with pytest.raises(ConfigError, match=f"device='{device}'"):
        open_model(trained[1], device=device)


def test_auto_is_a_device_that_works(trained: tuple[Case, Run]):
    case, run = trained
    model = open_model(run, device="auto")
    assert len(model.answer(case.inputs, **case.options)) == len(case.inputs)


def test_tied_weights_stay_tied(trained: tuple[Case, Run]):
    _, run = trained
    model = open_model(run)
    fresh = MODELS["transformer"].from_dict(model.config.model.to_dict()).build()
    assert len({p.data_ptr() for p in model.module.parameters()}) == len(
        {p.data_ptr() for p in fresh.parameters()}
    )
    assert sum(p.numel() for p in model.module.parameters()) == run.summary.n_params


def test_a_user_judges_it_on_their_own_data(trained: tuple[Case, Run], tmp_path):
    case, run = trained
    path = write_prose(tmp_path)
    if case.task.kind != "text-generation":
        with pytest.raises(DataError, match=r"log\.txt"):
            open_model(run, data=path)
        return
    path.write_text(path.read_text().upper())
    model = open_model(run, data=path)
    assert model.task.source == TextFiles(path=path)
    assert model.evaluate()["loss"] > 1.1 * run.summary.metrics["test/loss"]


FIELDS = {
    "image-classification": "augmentation.crop",
    "text-classification": "max_length",
    "text-generation": "context",
    "automatic-speech-recognition": "search.n_beams",
}


def test_fields_of_the_task_can_be_changed_for_an_evaluation(trained: tuple[Case, Run]):
    case, run = trained
    field = FIELDS.get(case.task.kind, "judged_examples")
    task = open_model(run, fields=[f"{field}=7"]).task
    assert functools.reduce(getattr, field.split("."), task) == 7
    with pytest.raises(ConfigError, match="no field of"):
        open_model(run, fields=["judged=7"])
