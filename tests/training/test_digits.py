"""The loop on a real task, with every setting derived."""

from pathlib import Path

import pytest

from armillary.data.sources import SOURCES
from armillary.models import MODELS
from armillary.tasks import TASKS
from armillary.training.config import RunConfig
from armillary.training.trainer import train


def digits(family: str, budget: str) -> RunConfig:
    task = TASKS["image-classification"](source=SOURCES["digits"]())
    return RunConfig(task=task, model=MODELS[family](), budget=budget)


def test_two_epochs_of_digits_are_well_above_guessing(tmp_path: Path) -> None:
    summary = train(digits("cnn", "2 epochs"), tmp_path / "run").summary
    assert summary.metrics["test/accuracy"] > 0.8
    assert summary.unit == "image"
    assert summary.n_examples == summary.n_tokens > 2 * 1000


@pytest.mark.slow
@pytest.mark.parametrize(("family", "accuracy"), [("cnn", 0.985), ("lstm", 0.965), ("transformer", 0.94)])
def test_every_family_reads_digits(tmp_path: Path, family: str, accuracy: float) -> None:
    run = train(digits(family, "30 epochs"), tmp_path / "run")
    assert run.summary.metrics["test/accuracy"] > accuracy
