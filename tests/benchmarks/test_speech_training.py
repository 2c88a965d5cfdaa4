"""The plain loop does the work that our training step does."""

from itertools import islice
from pathlib import Path

import pytest
import torch
from benchmarks.speech_training import BareModel, equal_terms, learning, plain_batches
from tiny_tasks import CASES

from armillary.core.errors import ConfigError
from armillary.models import MODELS
from armillary.tasks.automatic_speech_recognition import AutomaticSpeechRecognition
from armillary.training.config import RunConfig


def config(family: str, tmp_path: Path) -> RunConfig:
    task = CASES["automatic-speech-recognition"](tmp_path).task
    fitted = RunConfig(task=task, model=MODELS[family](), batch_size=8).fitted()
    return fitted.replace(model=fitted.model.at_size(3e4))


@pytest.mark.parametrize("family", ["cnn", "lstm"])
def test_the_plain_model_is_of_the_size_of_ours(family: str, tmp_path: Path) -> None:
    shape = config(family, tmp_path).model
    n_plain = sum(p.numel() for p in BareModel(shape).parameters())
    assert n_plain == pytest.approx(shape.n_params, rel=0.05)


@pytest.mark.parametrize("family", ["cnn", "lstm"])
def test_the_plain_model_makes_the_steps_that_ours_makes(family: str, tmp_path: Path) -> None:
    shape = config(family, tmp_path).model
    frames, lengths = torch.randn(2, 61, 80), torch.tensor([61, 40])
    scores, steps = BareModel(shape)(frames, lengths)
    ours, our_steps = shape.build()(frames, lengths)
    assert scores.shape == ours.shape
    assert steps.tolist() == our_steps.tolist()


def test_a_family_without_plain_layers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="transformer"):
        BareModel(config("transformer", tmp_path).model)


def test_plain_batches_hold_recordings_of_training_with_their_texts(tmp_path: Path) -> None:
    task = config("cnn", tmp_path).task
    assert isinstance(task, AutomaticSpeechRecognition)
    texts = {tuple(row.tolist()) for row in task.encode([r.text for r in task.source.split("train")])}
    for frames, lengths, tokens, n_tokens in islice(plain_batches(task, 8), 3):
        assert frames.shape == (8, int(lengths.max()), 80)
        rows = tokens.split(n_tokens.tolist())
        assert {tuple(row.tolist()) for row in rows} <= texts
        for row, n in zip(frames, lengths.tolist(), strict=True):
            assert not row[n:].any()
            assert row[:n].any()


def test_terms_are_equal_whatever_the_run_was_trained_with(tmp_path: Path) -> None:
    own = config("cnn", tmp_path).replace(ema=0.9, accumulate=2, budget="5m")
    equal = equal_terms(own)
    assert (equal.ema, equal.accumulate, equal.optim.algorithm) == (0.0, 1, "adamw")
    assert (equal.precision, equal.batch_size, equal.model) == ("32-true", 8, own.model)


def test_both_loops_learn_and_are_compared(tmp_path: Path) -> None:
    found = learning(config("cnn", tmp_path), steps=2, rounds=1)
    assert list(found.rates) == ["Armillary", "plain loop of torch.nn layers, random batches"]
    assert min(found.rates.values()) > 0
    assert "8 recordings a step" in found.title
