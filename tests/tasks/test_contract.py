"""What holds for every registered task, on its own tiny data."""

import math

import pytest
import torch
from tiny_tasks import OWN_FAMILIES, Case, guess, learn, tiny_model

from armillary.core.errors import CheckpointError, ConfigError, DataError
from armillary.data.base import SOURCES, SPLITS
from armillary.models import MODELS
from armillary.tasks import Task


def test_its_configuration_is_written_and_read(case: Case):
    assert Task.from_dict(case.task.to_dict()) == case.task
    assert SOURCES[case.task.default_source].example is case.task.example


def test_its_signature_says_all_that_a_model_needs(case: Case):
    assert case.task.signature().missing() == []


def test_its_dummy_batch_has_the_training_shape_and_costs_no_data(case: Case):
    real, dummy = case.task.training_batches(5, seed=0)[0], case.task.dummy_batch(5)
    assert dummy.n_examples == real.n_examples == 5
    if real.target_lengths is None:
        assert dummy.n_units == real.n_units
    assert dummy.inputs.shape[2:] == real.inputs.shape[2:]
    assert dummy.inputs.dtype == real.inputs.dtype
    assert not dummy.inputs.any()


def test_its_batches_are_a_function_of_seed_and_step(case: Case):
    one, other = case.task.training_batches(5, seed=7), case.task.training_batches(5, seed=7)
    _ = one[0]
    for step in (9, 2, one.steps_per_epoch + 1):
        assert torch.equal(one[step].inputs, other[step].inputs)
        assert torch.equal(one[step].targets, other[step].targets)
    assert not torch.equal(case.task.training_batches(5, seed=8)[2].targets, other[2].targets)


def test_the_loss_of_a_uniform_guess_is_the_log_of_the_number_of_answers(case: Case):
    signature = case.task.signature()
    if signature.outputs == "ctc":
        pytest.skip("a text has many paths: see tests/models/generation/test_ctc_loss.py")
    if signature.outputs == "image":
        pytest.skip("an image is no answer among several")
    n_answers = signature.n_classes if signature.outputs == "class" else signature.vocab_size
    model = guess(case.task)
    loss, state = case.task.loss(model, case.task.training_batches(5, seed=0)[0])
    assert loss.item() == pytest.approx(math.log(n_answers), rel=1e-6)
    assert state is None
    for split in SPLITS:
        assert case.task.evaluate(model, split)["loss"] == pytest.approx(math.log(n_answers), rel=1e-6)


@pytest.mark.parametrize("family", OWN_FAMILIES)
def test_every_family_learns_it_and_answers(case: Case, family):
    signature = case.task.signature()
    if (signature.inputs, signature.outputs) not in MODELS[family].supports:
        with pytest.raises(ConfigError, match=f"{family} cannot turn {signature.inputs}"):
            tiny_model(case.task, family)
        return
    task, model = case.task, tiny_model(case.task, family)
    before = task.evaluate(model, "validation")["loss"]
    learn(task, model, n_steps=40)
    if family != "gan":  # of two players, what one wins the other loses
        assert task.evaluate(model, "validation")["loss"] < 0.95 * before
    assert len(task.answer(model, case.inputs, **case.options)) == len(case.inputs)


def test_evaluation_is_deterministic_and_independent_of_the_batch_size(case: Case):
    model = tiny_model(case.task)
    reference = case.task.evaluate(model, "test")
    assert case.task.evaluate(model, "test") == reference
    for batch_size in (5, 1000):
        assert case.task.evaluate(model, "test", batch_size) == pytest.approx(reference, rel=1e-5)


def test_evaluation_and_answers_leave_the_model_in_training_mode(case: Case):
    model = tiny_model(case.task).train()
    case.task.evaluate(model, "validation")
    case.task.answer(model, case.inputs, **case.options)
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_restored_task_answers_alike_without_its_source(case: Case, tmp_path, monkeypatch):
    model = tiny_model(case.task)
    case.task.save_preprocessor(tmp_path)
    answers = case.task.answer(model, case.inputs, **case.options)
    plain = Task.from_dict(case.task.to_dict())
    monkeypatch.setattr(type(plain.source), "split", _unreadable)
    restored = plain.restored(tmp_path)
    assert restored == case.task
    assert restored.signature() == case.task.signature()
    assert restored.answer(model, case.inputs, **case.options) == answers


def _unreadable(self, name):
    raise DataError("the source is gone")


def test_a_preprocessor_that_is_missing_or_cut_short_is_named(case: Case, tmp_path):
    with pytest.raises(CheckpointError, match=str(tmp_path)):
        case.task.restored(tmp_path)
    case.task.save_preprocessor(tmp_path)
    for path in tmp_path.iterdir():
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(CheckpointError, match=path.name):
            case.task.restored(tmp_path)
        path.write_bytes(whole)


def test_its_baselines_are_judged_by_the_same_metrics_and_differ(case: Case):
    metrics = case.task.evaluate(guess(case.task), "test")
    baselines = case.task.baseline()
    assert case.task.headline in metrics
    for scores in baselines.values():
        assert scores.keys() <= metrics.keys()
        if "loss" in metrics.keys() & scores.keys():
            assert scores["loss"] < metrics["loss"]  # every baseline knows more than nothing
    values = [scores[case.task.headline] for scores in baselines.values()]
    sign = 1 if case.task.headline_up else -1
    assert max(sign * value for value in values) > sign * values[0]


def test_an_option_that_it_does_not_know_is_refused(case: Case):
    with pytest.raises(ConfigError, match="'temperatur'"):
        case.task.answer(guess(case.task), case.inputs, temperatur=2)


def test_what_is_no_input_is_refused(case: Case):
    with pytest.raises(DataError, match="dict"):
        case.task.answer(guess(case.task), [{"text": "?"}])


def test_nothing_asked_is_nothing_answered(case: Case):
    assert case.task.answer(guess(case.task), []) == []
