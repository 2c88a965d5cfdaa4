import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_tasks import tiny_model

from armillary.core.errors import ConfigError, DataError
from armillary.data.sources import CaptionedDigits
from armillary.models.images import Drawing
from armillary.tasks import TextToImage
from armillary.tasks.image_judge import accuracy_of_one_taught_by
from armillary.tasks.looks import to_pixels, variety

TASK = TextToImage(
    source=CaptionedDigits(), drawing=Drawing(n_steps=2), judged_examples=40, taught_examples=0
)
MODEL = tiny_model(TASK, "gan")


def opened(answer):
    return Image.open(io.BytesIO(base64.b64decode(answer["png"])))


def test_a_png_says_what_was_asked_for_and_how_to_draw_it_again():
    first, second = TASK.answer(MODEL, ["the digit seven", "数字三"], seed=4)
    assert opened(second).text == {"prompt": "数字三", "seed": "5"}
    assert (opened(first).size, opened(first).mode) == ((8, 8), "L")
    again = TASK.answer(MODEL, ["数字三"], seed=second["seed"])[0]
    assert again == second


def test_pixels_are_from_dark_to_light():
    image = torch.tensor([[[-1.0, 0.0], [1.0, 3.0]]])
    assert to_pixels(image)[..., 0].tolist() == [[0, 128], [255, 255]]


def test_images_of_training_are_in_the_range_that_models_draw_in():
    images = TASK.images("train")
    assert (images.min(), images.max()) == (-1, 1)


def test_between_two_captions_the_ends_are_what_each_asks_for():
    steps = TASK.answer(MODEL, ["one"], to="zero", steps=5)
    ends = TASK.answer(MODEL, ["one"])[0], TASK.answer(MODEL, ["zero"])[0]
    for step, end in zip((steps[0], steps[-1]), ends, strict=True):
        difference = np.asarray(opened(step)).astype(int) - np.asarray(opened(end))
        assert np.abs(difference).max() <= 1
    assert [step["caption"] for step in steps][1:3] == ["one - zero 2 of 5", "one - zero 3 of 5"]
    with pytest.raises(ConfigError, match="2 or more, got 1"):
        TASK.answer(MODEL, ["one"], to="zero", steps=1)


def test_training_images_are_better_than_their_means():
    baselines = TASK.baseline()
    means, training = baselines["mean images"], baselines["oracle training images"]
    assert training["frechet_distance"] < means["frechet_distance"]
    assert training["recognised"] > 0.95
    assert training["memorised"] > 0.9
    assert training["judge_accuracy"] > 0.97


def test_what_was_drawn_is_kept_to_be_looked_at():
    judgement = TASK.judge(MODEL, "validation")
    assert judgement.reads == "captions"
    assert set(judgement.files) == {example.media for example in judgement.examples}
    assert Image.open(io.BytesIO(judgement.files["3.png"])).text["seed"] == "3"
    assert {example.score for example in judgement.examples} <= {0.0, 100.0}


def test_a_grid_shows_how_far_training_is():
    judgement = TASK.validate(MODEL)
    picture = judgement.files["grid.png"]
    image = Image.open(io.BytesIO(picture))
    captions = image.text["prompt"].split(" | ")
    assert image.size == (10 * 9 + 1, 4 * 9 + 1)
    assert len(captions) == 10
    assert judgement.metrics["variety"] > 0
    assert TASK.validate(MODEL) == judgement
    pixels = np.asarray(image)
    assert (pixels[::9] == 255).all()
    assert (pixels[:, ::9] == 255).all()
    for seed, (down, across) in ((0, (1, 1)), (3, (1, 28)), (10, (10, 1))):
        one = TASK.answer(MODEL, [captions[seed % 10]], seed=seed)[0]
        assert (pixels[down : down + 8, across : across + 8] == np.asarray(opened(one))).all()


def test_the_judge_sees_the_same_in_half_precision():
    task, model = TASK.replace(judged_examples=20, taught_examples=30), tiny_model(TASK, "gan")
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        half = task.judge(model, "test").metrics
    whole = task.judge(model, "test").metrics
    assert half["judge_accuracy"] == whole["judge_accuracy"]
    assert half["frechet_distance"] == pytest.approx(whole["frechet_distance"], rel=0.05)


def test_a_generator_that_draws_one_image_has_no_variety():
    various, same = torch.randn(4, 1, 8, 8), torch.zeros(4, 1, 8, 8)
    alone = torch.randn(1, 1, 8, 8)
    assert variety([various], [various]) == pytest.approx(1)
    assert variety([various / 2, alone.expand(4, -1, -1, -1)], [various, alone]) == pytest.approx(0.5)
    assert variety([same], [various]) == 0
    assert np.isnan(variety([various], [alone]))


def test_a_classifier_is_taught_by_what_was_drawn():
    light, dark = torch.full((64, 1, 8, 8), 0.5), torch.full((64, 1, 8, 8), -0.5)
    images = torch.cat((light, dark)) + 0.1 * torch.randn(128, 1, 8, 8)
    labels = ["day"] * 64 + ["night"] * 64
    assert accuracy_of_one_taught_by(images, labels, images, labels) == 1


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(DataError, match="a caption is a text, not int"):
        TASK.answer(MODEL, [7])
    with pytest.raises(ConfigError, match="judged_examples takes 2 or more, got 1"):
        TASK.replace(judged_examples=1)
