"""The table of recipes: one for every task and family, and the classics in their textbook form."""

from __future__ import annotations

from collections.abc import Callable

from armillary.core.registry import Registry
from armillary.data.sources import SOURCES
from armillary.models import MODELS
from armillary.tasks import TASKS
from armillary.training.config import RunConfig

Recipe = Callable[[], RunConfig]
RECIPES: Registry[Recipe] = Registry("recipe", "recipes")

FAMILIES = ("cnn", "lstm", "transformer")
BEST_FAMILY = {
    "image-classification": "cnn",
    "text-classification": "transformer",
    "text-generation": "transformer",
}
BUDGET = {"image-classification": "5m", "text-classification": "5m", "text-generation": "10m"}


def of_task(task: str, family: str) -> RunConfig:
    """Return the plain recipe of a task and a family, on the task's built-in source."""
    source = SOURCES[TASKS[task].default_source]()
    return RunConfig(task=TASKS[task](source=source), model=MODELS[family](), budget=BUDGET[task])


def _enter(task: str, family: str) -> None:
    def recipe() -> RunConfig:
        return of_task(task, family)

    recipe.__doc__ = f"{task} with a {family}"
    RECIPES.register(f"{task}-{family}")(recipe)


for _task in BEST_FAMILY:
    for _family in FAMILIES:
        _enter(_task, _family)


@RECIPES.register("classic-cnn")
def classic_cnn() -> RunConfig:
    """The textbook CNN: two 3x3 convolutions of 32 and 64 channels, max pooling, 128 hidden units."""
    task = TASKS["image-classification"](source=SOURCES["digits"]())
    return RunConfig(task=task, model=MODELS["classic-cnn"](), budget="30 epochs")


@RECIPES.register("classic-lstm")
def classic_lstm() -> RunConfig:
    """The textbook LSTM: stacked layers, the last step into a linear layer, on rows of an image."""
    task = TASKS["image-classification"](source=SOURCES["digits"]())
    return RunConfig(task=task, model=MODELS["classic-lstm"](), budget="30 epochs")
