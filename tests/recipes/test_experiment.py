import pytest

from armillary.core.errors import ConfigError, DataError, UnknownNameError
from armillary.recipes import RECIPES, experiment
from armillary.tasks import TASKS
from armillary.training.config import RunConfig


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_recipe_is_a_configuration_that_says_what_it_is(name):
    config = RECIPES[name]()
    assert RunConfig.from_dict(config.to_dict()) == config
    assert RECIPES[name].__doc__


TASK_FAMILIES = {
    "translation": ("lstm", "transformer"),
    "summarization": ("lstm", "transformer"),
    "text-to-image": ("autoregressive", "flow-cnn", "flow-transformer", "gan"),
}


def test_every_task_has_a_recipe_for_each_family_that_can_do_it():
    for task in (name for name in TASKS if TASKS[name].__module__.startswith("armillary.")):
        families = TASK_FAMILIES.get(task, ("cnn", "lstm", "transformer"))
        for family in families:
            config = RECIPES[f"{task}-{family}"]()
            assert (config.task.kind, config.model.kind) == (task, family)


def test_a_task_by_name_takes_the_best_family_and_the_default_size():
    config = experiment("image-classification")
    assert config.model.kind == "cnn"
    assert config.model.n_params == pytest.approx(1e6, rel=0.05)


def test_size_is_the_dial_and_model_fields_turn_it_off():
    assert experiment("image-classification", ["size=30k"]).model.n_params == pytest.approx(3e4, rel=0.05)
    shaped = experiment("image-classification", ["model.d_model=8", "model.n_layers=1"]).model
    assert (shaped.d_model, shaped.n_layers) == (8, 1)
    other = experiment("image-classification", ["model=lstm", "size=50k"]).model
    assert other.kind == "lstm"
    assert other.n_params == pytest.approx(5e4, rel=0.05)


def test_a_classic_keeps_its_textbook_shape():
    model = experiment("classic-cnn").model
    # 3x3x1x32+32, 3x3x32x64+64, 2x2x64 features to 128 to 10
    assert model.n_params == 320 + 18496 + (256 * 128 + 128) + (128 * 10 + 10)


def test_data_names_the_source_by_its_form(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("text,label\n" + "".join(f"word{i} a{i % 7},{'xy'[i % 2]}\n" for i in range(80)))
    config = experiment("text-classification", [f"data={path}", "task.tokenizer.vocab_size=300", "size=60k"])
    assert config.task.source.kind == "table"
    assert config.model.signature.n_classes == 2


@pytest.mark.parametrize(
    ("subject", "assignment", "error"),
    [
        ("image-clasification", "seed=1", UnknownNameError),
        ("image-classification", "sed=1", ConfigError),
        ("image-classification", "size=huge", ConfigError),
        ("image-classification", "data=/does/not/exist", DataError),
        ("text-generation", "model=classic-cnn", ConfigError),
    ],
)
def test_what_cannot_be_is_refused(subject, assignment, error):
    with pytest.raises(error):
        experiment(subject, [assignment])


def test_a_family_of_a_task_is_taught_as_its_recipe_is():
    asked, recipe = experiment("text-to-image", ["model=gan"]), experiment("text-to-image-gan")
    assert asked == recipe
    assert experiment("text-to-image", ["model=gan", "ema=0.5"]).ema == 0.5
