import random
import sys

import numpy as np
import pytest
from PIL import Image

from armillary.core.errors import ConfigError, DataError, MissingExtraError
from armillary.data.base import SPLITS
from armillary.data.sources.huggingface import (
    HuggingFaceCaptions,
    HuggingFaceDocuments,
    HuggingFaceImages,
    HuggingFaceTexts,
)

datasets = pytest.importorskip("datasets")
datasets.disable_progress_bars()


def texts(n, seed=0):
    rng = random.Random(seed)
    return [" ".join(rng.choices("天地玄黄宇宙洪荒日月盈昃", k=12)) + f" {i}" for i in range(n)]


def labelled(n, seed=0, **columns):
    features = {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])}
    table = {"text": texts(n, seed), "label": [i % 2 for i in range(n)]} | columns
    return datasets.Dataset.from_dict(table, features=datasets.Features(features))


def test_class_numbers_become_names_and_missing_splits_are_made(tmp_path):
    labelled(60).save_to_disk(tmp_path / "set")
    source = HuggingFaceTexts(path=str(tmp_path / "set"))
    assert sum(len(source.split(name)) for name in SPLITS) == 60
    assert all({e.label for e in source.split(name)} == {"no", "yes"} for name in SPLITS)


def test_the_splits_of_a_data_set_are_respected(tmp_path):
    parts = {"train": labelled(40), "dev": labelled(10, 1), "test": labelled(12, 2), "extra": labelled(7, 3)}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "set")
    source = HuggingFaceTexts(path=str(tmp_path / "set"))
    assert [e.text for e in source.split("test")] == texts(12, 2)
    assert [e.text for e in source.split("validation")] == texts(10, 1)
    assert source.report()["n_in_other_splits"] == 7


def test_documents_come_from_a_column(tmp_path):
    datasets.Dataset.from_dict({"body": texts(30)}).save_to_disk(tmp_path / "set")
    source = HuggingFaceDocuments(path=str(tmp_path / "set"), text_column="body")
    assert sorted(d.text for name in SPLITS for d in source.split(name)) == sorted(texts(30))


def pictures(n, size=8):
    rng = np.random.default_rng(size)
    return [Image.fromarray(rng.integers(0, 256, (size, size, 3), np.uint8)) for _ in range(n)]


def image_set(images):
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b"])})
    table = {"image": images, "label": [i % 2 for i in range(len(images))]}
    return datasets.Dataset.from_dict(table, features=features)


def test_images_of_all_splits_come_to_one_size(tmp_path):
    parts = {"train": image_set(pictures(20)), "test": image_set(pictures(6, size=12))}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "set")
    source = HuggingFaceImages(path=str(tmp_path / "set"))
    assert {i.pixels.shape for name in SPLITS for i in source.split(name)} == {(8, 8, 3)}
    assert {i.label for i in source.split("train")} == {"a", "b"}
    assert len(source.split("test")) == 6


@pytest.mark.parametrize(
    ("columns", "options", "says"),
    [
        ({"text": ["a", ""] * 5}, {}, r"set, train, row 2: the column 'text' is empty"),
        ({"label": [0, -1] * 5}, {}, r"row 2: the column 'label' has no label"),
        ({"label": [0] * 10}, {}, "only one class, 'no'"),
        ({}, {"text_column": "txt"}, r"row 1: no column is called 'txt'; did you mean 'text'"),
    ],
)
def test_broken_rows_are_refused_by_number(tmp_path, columns, options, says):
    labelled(10, **columns).save_to_disk(tmp_path / "set")
    with pytest.raises(DataError, match=says):
        HuggingFaceTexts(path=str(tmp_path / "set"), **options).split("train")


def test_a_column_that_holds_no_images_is_refused(tmp_path):
    labelled(10).save_to_disk(tmp_path / "set")
    with pytest.raises(DataError, match=r"row 1: the column 'text' holds .*, which is no image"):
        HuggingFaceImages(path=str(tmp_path / "set"), image_column="text").split("train")


def test_a_set_without_training_is_refused(tmp_path):
    datasets.DatasetDict({"test": labelled(10)}).save_to_disk(tmp_path / "set")
    with pytest.raises(DataError, match="no training examples; its splits are test"):
        HuggingFaceTexts(path=str(tmp_path / "set")).split("train")


def test_what_the_library_cannot_load_is_named(monkeypatch):
    def refuse(*args, **options):
        raise datasets.exceptions.DatasetNotFoundError("no such thing on the hub")

    monkeypatch.setattr(datasets, "load_dataset", refuse)
    with pytest.raises(DataError, match="cannot load 'owner/name': no such thing"):
        HuggingFaceTexts(path="owner/name").split("train")


def test_a_revision_of_a_folder_makes_no_sense(tmp_path):
    labelled(10).save_to_disk(tmp_path / "set")
    with pytest.raises(ConfigError, match="for names on the hub"):
        HuggingFaceTexts(path=str(tmp_path / "set"), revision="main").split("train")


def test_a_missing_library_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"armillary\[hub\]"):
        HuggingFaceTexts(path="anything").split("train")


def test_captions_come_from_a_column_and_need_no_labels(tmp_path):
    told = [f"第{i}张图片" for i in range(20)]
    table = {"image": pictures(20), "text": told}
    features = datasets.Features({"image": datasets.Image(), "text": datasets.Value("string")})
    datasets.Dataset.from_dict(table, features=features).save_to_disk(tmp_path / "set")
    source = HuggingFaceCaptions(path=str(tmp_path / "set"))
    images = [image for name in SPLITS for image in source.split(name)]
    assert sorted(image.caption for image in images) == sorted(told)
    assert {image.label for image in images} == {""}
