"""The table of recipes: one for every task and family, and the classics in their textbook form."""

from __future__ import annotations

from collections.abc import Callable

from armillary.core.registry import Registry
from armillary.data.sources import SOURCES
from armillary.models import MODELS
from armillary.tasks import TASKS
from armillary.training.config import OptimConfig, RunConfig, ScheduleConfig

Recipe = Callable[[], RunConfig]
RECIPES: Registry[Recipe] = Registry("recipe", "recipes")

FAMILIES = ("cnn", "lstm", "transformer")
SEQUENCE_FAMILIES = ("lstm", "transformer")  # those that can read one text and write another
DRAWING_FAMILIES = ("autoregressive", "flow-cnn", "flow-transformer", "gan")
FAMILIES_OF = {
    "automatic-speech-recognition": FAMILIES,
    "image-classification": FAMILIES,
    "summarization": SEQUENCE_FAMILIES,
    "text-classification": FAMILIES,
    "text-generation": FAMILIES,
    "text-to-image": DRAWING_FAMILIES,
    "translation": SEQUENCE_FAMILIES,
}
BEST_FAMILY = dict.fromkeys(FAMILIES_OF, "transformer") | {
    "automatic-speech-recognition": "cnn",
    "image-classification": "cnn",
    "text-to-image": "flow-transformer",
}
# What a family is taught with, where the rules of training do not say it.
TAUGHT = {
    "flow-cnn": ("ema=0.999",),
    "flow-transformer": ("ema=0.999",),
    "gan": ("ema=0.999", "optim.beta1=0", "optim.weight_decay=0", "schedule.decay=0.5"),
}
BUDGET = dict.fromkeys(FAMILIES_OF, "5m") | {
    "automatic-speech-recognition": "30m",
    "summarization": "30m",
    "text-to-image": "10m",
    "text-generation": "10m",
    "translation": "30m",
}


def of_task(task: str, family: str) -> RunConfig:
    """Return the plain recipe of a task and a family, on the task's built-in source.

    Summaries need names that the model has never seen: there, models copy.
    """
    source = SOURCES[TASKS[task].default_source]()
    config = RunConfig(task=TASKS[task](source=source), model=MODELS[family](), budget=BUDGET[task])
    return config.override(*(("model.copy=true",) if task == "summarization" else TAUGHT.get(family, ())))


def _enter(task: str, family: str) -> None:
    def recipe() -> RunConfig:
        return of_task(task, family)

    recipe.__doc__ = f"{task} with a {family}"
    RECIPES.register(f"{task}-{family}")(recipe)


for _task, _families in FAMILIES_OF.items():
    for _family in _families:
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


@RECIPES.register("classic-transformer")
def classic_transformer() -> RunConfig:
    """The Transformer of 2017 and how it was taught: translation, d_model 512; size=4M for a small one."""
    return RunConfig(
        task=TASKS["translation"](source=SOURCES["catalogues"]()),
        model=MODELS["classic-transformer"](),
        optim=OptimConfig(algorithm="adamw", beta2=0.98),
        schedule=ScheduleConfig(shape="inverse-sqrt", warmup=400),
        budget="30m",
    )
