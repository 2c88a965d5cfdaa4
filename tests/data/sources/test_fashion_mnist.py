import gzip

import numpy as np
import pytest

from armillary.core.errors import DataError
from armillary.data.base import SPLITS
from armillary.data.sources import fashion_mnist
from armillary.data.sources.fashion_mnist import LABELS, FashionMNIST


def save(folder, word, images, labels):
    folder.mkdir(exist_ok=True)
    for name, array in ((f"{word}-images-idx3-ubyte", images), (f"{word}-labels-idx1-ubyte", labels)):
        sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
        data = bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()
        (folder / f"{name}.gz").write_bytes(gzip.compress(data))


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for word, n in (("train", 120), ("t10k", 20)):
        save(tmp_path / "idx", word, rng.integers(0, 256, (n, 28, 28)), np.arange(n) % 10)
    return tmp_path / "idx"


def test_validation_is_the_last_twelfth_of_training(folder):
    source = FashionMNIST(path=folder)
    assert [len(source.split(name)) for name in SPLITS] == [110, 10, 20]
    assert [image.label for image in source.split("validation")] == list(LABELS)
    assert source.split("train")[0].pixels.shape == (28, 28, 1)
    assert source.report()["n_training_near_duplicates_dropped"] == 0


@pytest.mark.parametrize(
    ("images", "labels", "says"),
    [
        (np.zeros((5, 28, 28)), np.zeros(4), "5 t10k images, but 4 labels"),
        (np.zeros((2, 28, 28)), np.array([3, 10]), "a t10k label is 10; Fashion-MNIST has 0 to 9"),
    ],
)
def test_files_that_do_not_fit_are_refused(folder, images, labels, says):
    save(folder, "t10k", images, labels)
    with pytest.raises(DataError, match=says):
        FashionMNIST(path=folder).split("train")


def test_a_missing_file_is_named(folder):
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"has no t10k-labels-idx1-ubyte\.gz"):
        FashionMNIST(path=folder).split("train")


def test_without_a_path_the_package_is_unpacked(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "FOLDER", "nowhere/idx")
    (tmp_path / "nowhere").mkdir()
    folder.rename(tmp_path / "nowhere" / "idx")
    monkeypatch.setattr(fashion_mnist, "unpacked", {fashion_mnist.PACKAGE: tmp_path}.__getitem__)
    assert len(fashion_mnist.FashionMNIST().read()["test"]) == 20


def test_where_it_cannot_be_had_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "FOLDER", "nowhere")
    monkeypatch.setenv("ARMILLARY_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match=r"apt-get and dpkg are; .*data=FOLDER"):
        FashionMNIST().read()


@pytest.mark.network
def test_the_real_one(tmp_path, monkeypatch):
    monkeypatch.setenv("ARMILLARY_CACHE", str(tmp_path))
    source = FashionMNIST()
    assert [len(source.split(name)) for name in SPLITS] == pytest.approx([55_000, 5_000, 10_000], abs=20)
    assert {image.label for image in source.split("test")} == set(LABELS)
