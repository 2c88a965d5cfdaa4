import gzip

import numpy as np
import pytest

from armillary.data.base import SPLITS
from armillary.data.sources.captioned_fashion_mnist import CaptionedFashionMNIST
from armillary.data.sources.fashion_mnist import LABELS


def save(folder, name, array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    (folder / f"{name}.gz").write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for word, n in (("train", 240), ("t10k", 20)):
        save(tmp_path, f"{word}-images-idx3-ubyte", rng.integers(0, 256, (n, 28, 28)))
        save(tmp_path, f"{word}-labels-idx1-ubyte", np.arange(n) % 10)
    return tmp_path


def test_clothes_are_called_by_name_in_both_languages(folder):
    source = CaptionedFashionMNIST(path=folder)
    captions = source.captions()
    told = [image for name in SPLITS for image in source.split(name)]
    assert all(any(image.caption in some for some in captions[image.label]) for image in told)
    chinese = sum(any("\u4e00" <= c <= "\u9fff" for c in image.caption) for image in told)
    assert 0.35 < chinese / len(told) < 0.65
    assert source.report()["n_test"] == 20


def test_a_caption_means_one_class():
    captions = CaptionedFashionMNIST().captions()
    assert captions.keys() == set(LABELS)
    flat = [c for by_language in captions.values() for some in by_language for c in some]
    assert len(set(flat)) == len(flat) == 10 * 2 * 8
    assert "a pair of trousers on a black background" in captions["Trouser"][0]
    assert "一张踝靴的照片" in captions["Ankle boot"][1]
