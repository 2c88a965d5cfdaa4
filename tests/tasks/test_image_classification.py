import io

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_tasks import guess, image_classification, learn, tiny_model

from armillary.core.errors import DataError
from armillary.data.base import LabelledImage
from armillary.data.images import Augmentation
from armillary.data.sources import Digits, ImageFolder
from armillary.tasks import ImageClassification


@pytest.fixture(scope="module")
def task(folder) -> ImageClassification:
    return image_classification(folder).task


@pytest.fixture(scope="module")
def model(task):
    model = tiny_model(task, "cnn")
    learn(task, model, n_steps=150)
    return model


def digit(task, place=0) -> LabelledImage:
    return task.source.split("test")[place]


def test_it_is_learnt(task, model):
    metrics = task.evaluate(model, "test")
    assert metrics["accuracy"] > 0.9
    assert metrics["resized"] == 0
    shares = task.per_class_accuracy(model, "test")
    assert list(shares) == [str(i) for i in range(10)]
    counts = np.bincount(task.targets("test"))
    assert np.dot(list(shares.values()), counts) / counts.sum() == pytest.approx(metrics["accuracy"])


def test_a_path_a_picture_and_an_array_have_one_answer(task, model, tmp_path):
    pixels, path = digit(task).pixels, tmp_path / "digit.png"
    image = Image.fromarray(pixels[..., 0])
    image.save(path)
    answers = task.answer(model, [path, str(path), image, pixels, pixels[..., 0]])
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["label"] == digit(task).label
    assert "note" not in answers[0]
    assert list(answers[0]["probabilities"].values()) == sorted(answers[0]["probabilities"].values())[::-1]


def test_an_image_of_another_size_or_depth_is_fitted_and_the_answer_says_so(task, model):
    large = Image.fromarray(digit(task).pixels[..., 0]).resize((64, 64), Image.Resampling.NEAREST)
    answers = task.answer(model, [large.convert("RGB"), large])
    assert [answer["label"] for answer in answers] == [digit(task).label] * 2
    assert answers[0]["note"] == "read as 8x8 grey instead of 64x64 colour"
    assert answers[1]["note"] == "read as 8x8 grey instead of 64x64 grey"


def test_what_cannot_be_read_is_named(task, model, tmp_path):
    cut = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 50, 3), np.uint8)).save(cut, "PNG")
    (tmp_path / "cut.png").write_bytes(cut.getvalue()[:2000])
    (tmp_path / "notes.png").write_text("not an image")
    for name in ("cut.png", "notes.png", "missing.png"):
        with pytest.raises(DataError, match=name):
            task.answer(model, [tmp_path / name])


@pytest.mark.parametrize(
    "array",
    [np.zeros((8, 8)), np.zeros((8, 8, 2), np.uint8), np.zeros(8, np.uint8), np.zeros((0, 8), np.uint8)],
)
def test_an_array_that_is_no_image_is_refused(task, model, array):
    with pytest.raises(DataError, match="an image array is uint8"):
        task.answer(model, [array])


def test_training_images_are_varied_by_seed_and_step_and_held_out_ones_never(task):
    varied = task.replace(augmentation=Augmentation(crop=2))
    one, other = varied.training_batches(8, seed=0), varied.training_batches(8, seed=0)
    plain = task.training_batches(8, seed=0)
    assert torch.equal(one[4].inputs, other[4].inputs)
    assert torch.equal(one[4].targets, plain[4].targets)
    assert not torch.equal(one[4].inputs, plain[4].inputs)
    for a, b in zip(varied.evaluation_batches("test", 99), task.evaluation_batches("test", 99), strict=True):
        assert torch.equal(a.inputs, b.inputs)


def test_pixels_have_mean_zero_and_deviation_one_over_training(task):
    inputs = torch.cat([batch.inputs for batch in task.evaluation_batches("train", 500)])
    assert inputs.mean().item() == pytest.approx(0, abs=1e-4)
    assert inputs.std().item() == pytest.approx(1, abs=1e-3)


@pytest.fixture(scope="module")
def large_digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    for i, example in enumerate(Digits().split("test")[:120]):
        (folder / example.label).mkdir(exist_ok=True)
        image = Image.fromarray(example.pixels[..., 0]).resize((24, 24), Image.Resampling.NEAREST)
        image.save(folder / example.label / f"{i}.png")
    return ImageFolder(path=folder)


def test_other_data_is_judged_at_the_size_that_was_learnt(task, model, large_digits, tmp_path):
    task.save_preprocessor(tmp_path)
    elsewhere = task.replace(source=large_digits).restored(tmp_path)
    metrics = elsewhere.evaluate(model, "train")
    assert metrics["resized"] == 1.0
    assert metrics["accuracy"] > 0.85


def test_colour_images_of_any_shape_are_learnt_from(tmp_path):
    rng = np.random.default_rng(0)
    for label, tint in (("red", 0), ("blue", 2)):
        for i in range(30):
            pixels = rng.integers(0, 100, (10, 14, 3), np.uint8)
            pixels[..., tint] += 120
            (tmp_path / label).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / label / f"{i}.png")
    task = ImageClassification(source=ImageFolder(path=tmp_path))
    signature = task.signature()
    assert (signature.channels, signature.height, signature.width) == (3, 10, 14)
    assert task.baseline()["logistic-regression"]["accuracy"] == 1.0
    model = tiny_model(task, "classic-cnn")
    learn(task, model, n_steps=20)
    assert task.evaluate(model, "test")["accuracy"] == 1.0


def test_a_uniform_guess_is_always_the_first_label(task):
    metrics = task.evaluate(guess(task), "test")
    share = float((task.targets("test") == 0).mean())
    assert metrics["accuracy"] == pytest.approx(share)
    assert metrics["calibration_error"] == pytest.approx(abs(share - 0.1), abs=1e-6)
