from collections import Counter

import numpy as np

from armillary.data.base import SPLITS
from armillary.data.sources.digits import Digits


def test_all_digits_are_there_once_and_in_each_split():
    source = Digits()
    images = {name: source.split(name) for name in SPLITS}
    assert sum(map(len, images.values())) == 1797
    assert len({i.pixels.tobytes() for split in images.values() for i in split}) == 1797
    for split in images.values():
        counts = Counter(image.label for image in split)
        assert sorted(counts) == list("0123456789")
        assert max(counts.values()) < 1.2 * min(counts.values())


def test_pixels_are_bytes_over_the_whole_range():
    pixels = np.stack([image.pixels for image in Digits().split("train")])
    assert pixels.shape[1:] == (8, 8, 1)
    assert pixels.dtype == np.uint8
    assert (pixels.min(), pixels.max()) == (0, 255)


def test_another_seed_is_another_split():
    other = Digits().override("held_out.seed=1")
    first, second = ({i.pixels.tobytes() for i in s.split("test")} for s in (Digits(), other))
    assert len(first & second) < 0.5 * len(first)
