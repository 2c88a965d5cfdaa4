from pathlib import Path

import pytest
from tiny_tasks import CASES

from armillary.models import MODELS
from armillary.runs.run import Run
from armillary.training.config import RunConfig
from armillary.training.trainer import train

PARENTS = {
    "cnn": "image-classification",
    "lstm": "image-classification",
    "transformer": "image-classification",
    "encoder-decoder": "translation",
    "language": "text-generation",
}
FAMILIES = {"encoder-decoder": "transformer", "language": "lstm"}


@pytest.fixture(scope="session")
def parent_of(tmp_path_factory: pytest.TempPathFactory):
    """Return a function that returns a run of a tiny model, trained for a moment, once for each name."""
    made: dict[str, Run] = {}

    def parent(name: str) -> Run:
        if name not in made:
            made[name] = _trained(name, tmp_path_factory.mktemp(name))
        return made[name]

    return parent


def _trained(name: str, folder: Path) -> Run:
    case = CASES[PARENTS[name]](folder)
    config = RunConfig(
        task=case.task,
        model=MODELS[FAMILIES.get(name, name)](),
        budget="30 steps",
        batch_size=32,
        evaluations=1,
        checkpoints=1,
        precision="32-true",
        accelerator="cpu",
    ).fitted()
    return train(config.replace(model=config.model.at_size(3e4)), folder / "parent")


@pytest.fixture(scope="session")
def digits(parent_of) -> Run:
    return parent_of("cnn")
