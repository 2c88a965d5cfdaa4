import numpy as np
import pytest
from PIL import Image

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import SPLITS
from armillary.data.sources.image_folder import ImageFolder

RNG = np.random.default_rng(0)


def fill(folder, n=12, size=8, suffix=".png"):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        Image.fromarray(RNG.integers(0, 256, (size, size, 3), np.uint8)).save(folder / f"{i}{suffix}")
    return folder


@pytest.fixture
def folder(tmp_path):
    for label in ("cat", "狗"):
        fill(tmp_path / "pets" / label)
    return tmp_path / "pets"


def labels(source):
    return {name: sorted({image.label for image in source.split(name)}) for name in SPLITS}


def test_each_class_is_a_folder_and_is_in_each_split(folder):
    source = ImageFolder(path=folder)
    assert sum(len(source.split(name)) for name in SPLITS) == 24
    assert labels(source) == {name: ["cat", "狗"] for name in SPLITS}
    assert source.split("train")[0].pixels.shape == (8, 8, 3)
    assert source.report()["n_resized"] == 0


def test_folders_of_splits_are_respected(tmp_path):
    for split, n in (("train", 10), ("val", 4), ("test", 5)):
        for label in ("a", "b"):
            fill(tmp_path / "sets" / split / label, n)
    source = ImageFolder(path=tmp_path / "sets")
    assert [len(source.split(name)) for name in SPLITS] == [20, 8, 10]
    assert labels(source) == {name: ["a", "b"] for name in SPLITS}


def test_a_training_image_that_is_tested_too_is_dropped_and_counted(tmp_path):
    for split, n in (("train", 10), ("validation", 4), ("test", 5)):
        for label in ("a", "b"):
            fill(tmp_path / "sets" / split / label, n)
    (tmp_path / "sets" / "train" / "a" / "copy.png").write_bytes(
        (tmp_path / "sets/test/a/0.png").read_bytes()
    )
    source = ImageFolder(path=tmp_path / "sets")
    assert source.report()["n_training_near_duplicates_dropped"] == 1
    assert len(source.split("train")) == 20


def test_copies_fall_together(folder):
    for i in range(12):
        (folder / "cat" / f"copy{i}.png").write_bytes((folder / "cat" / f"{i}.png").read_bytes())
    source = ImageFolder(path=folder)
    pixels = [{image.pixels.tobytes() for image in source.split(name)} for name in SPLITS]
    assert sum(map(len, pixels)) == 24
    assert source.report()["n_near_duplicates_kept_together"] == 12


def test_other_files_are_counted_and_hidden_ones_are_not(folder):
    (folder / "notes.txt").touch()
    (folder / "cat" / "Thumbs.db").touch()
    (folder / "cat" / ".hidden.png").touch()
    fill(folder / ".cache", 2)
    fill(folder / "cat" / "more", 3, suffix=".jpg")
    report = ImageFolder(path=folder).report()
    assert report["n_other_files"] == 2
    assert sum(report[f"n_{name}"] for name in SPLITS) == 27


def test_sizes_may_differ(folder):
    fill(folder / "cat" / "large", 5, size=32)
    source = ImageFolder(path=folder)
    assert {image.pixels.shape for name in SPLITS for image in source.split(name)} == {(8, 8, 3)}
    assert source.report()["n_resized"] == 5
    assert ImageFolder(path=folder, size=16).split("train")[0].pixels.shape == (16, 16, 3)


def test_a_truncated_image_is_refused_by_name(folder):
    path = folder / "狗" / "3.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match=r"狗/3\.png cannot be read as an image"):
        ImageFolder(path=folder).split("train")


def test_one_class_only_is_refused(tmp_path):
    fill(tmp_path / "pets" / "cat")
    with pytest.raises(DataError, match="pets has only one class, 'cat'"):
        ImageFolder(path=tmp_path / "pets").split("train")


def test_an_empty_class_is_refused(folder):
    (folder / "fish").mkdir()
    with pytest.raises(DataError, match="fish has no image"):
        ImageFolder(path=folder).split("train")


def test_a_class_of_two_is_refused(folder):
    fill(folder / "fish", 2)
    with pytest.raises(DataError, match="class 'fish' has 2 examples; each class needs 3"):
        ImageFolder(path=folder).split("train")


def test_images_outside_of_class_folders_are_refused(folder):
    fill(folder, 1)
    with pytest.raises(DataError, match=r"0\.png: each class has a folder of its own"):
        ImageFolder(path=folder).split("train")


def test_a_folder_without_classes_and_a_missing_one_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty: each class has a folder of its own"):
        ImageFolder(path=tmp_path / "empty").split("train")
    with pytest.raises(DataError, match=r"no folder .*nowhere"):
        ImageFolder(path=tmp_path / "nowhere").split("train")


def test_a_class_beside_splits_is_refused(tmp_path):
    for name in ("train/a", "train/b", "cat"):
        fill(tmp_path / "sets" / name, 3)
    with pytest.raises(DataError, match="cat lies beside folders of splits"):
        ImageFolder(path=tmp_path / "sets").split("train")


def test_no_pixels_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="got 0"):
        ImageFolder(path=tmp_path, size=0)
