import numpy as np
import pytest
import torch

from armillary.core.errors import ConfigError, DataError
from armillary.data.base import LabelledImage
from armillary.data.images import Augmentation, PixelStatistics, augment, normalise, stack, statistics

RNG = np.random.default_rng(0)


def images(n=50, height=6, width=9, channels=3):
    pixels = RNG.integers(0, 256, (n, height, width, channels), np.uint8)
    return [LabelledImage(p, "a") for p in pixels]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_stack_has_channels_first():
    given = images()
    stacked = stack(given)
    assert stacked.shape == (50, 3, 6, 9)
    assert torch.equal(stacked[7, 2], torch.from_numpy(given[7].pixels[:, :, 2]))


def test_images_of_two_sizes_are_refused():
    with pytest.raises(DataError, match="image 2 is 5x9x3 and image 0 is 6x9x3"):
        stack([*images(2), *images(1, height=5)])


def test_statistics_are_those_of_numpy_and_normalise_to_zero_and_one():
    given = images()
    stacked = stack(given)
    over = statistics(stacked)
    pixels = np.stack([image.pixels for image in given]) / 255
    assert over.mean == pytest.approx(pixels.mean(axis=(0, 1, 2)))
    assert over.std == pytest.approx(pixels.std(axis=(0, 1, 2)))
    normal = normalise(stacked, over)
    assert normal.dtype == torch.float32
    assert normal.mean(dim=(0, 2, 3)).abs().max() < 1e-5
    assert (normal.std(dim=(0, 2, 3), correction=0) - 1).abs().max() < 1e-5


def test_a_constant_channel_stays_finite():
    stacked = torch.full((4, 1, 2, 2), 200, dtype=torch.uint8)
    assert normalise(stacked, statistics(stacked)).abs().max() < 1e-4


def test_statistics_survive_their_dictionary():
    over = statistics(stack(images()))
    assert PixelStatistics.from_dict(over.to_dict()) == over


def batch(n=64, channels=2, height=7, width=5):
    return torch.from_numpy(RNG.normal(size=(n, channels, height, width)).astype(np.float32))


def test_no_augmentation_changes_nothing():
    pixels = batch()
    assert torch.equal(augment(pixels, Augmentation(), generator()), pixels)


def test_augmentation_is_a_function_of_the_generator():
    how = Augmentation(crop=2, flip=True, cutout=3)
    pixels = batch()
    first, again, other = (augment(pixels, how, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.shape == pixels.shape


def test_half_the_images_are_mirrored_and_none_otherwise_changed():
    pixels = batch(400)
    varied = augment(pixels, Augmentation(flip=True), generator())
    same = (varied == pixels).flatten(1).all(dim=1)
    mirrored = (varied == pixels.flip(3)).flatten(1).all(dim=1)
    assert (same ^ mirrored).all()
    assert 0.4 < mirrored.float().mean() < 0.6


def test_a_crop_is_a_shift_with_the_border_continued():
    pixels = batch(200)
    varied = augment(pixels, Augmentation(crop=1), generator())
    padded = torch.nn.functional.pad(pixels, [1] * 4, mode="replicate")
    seen = set()
    for before, after in zip(padded, varied, strict=True):
        shifts = [
            (y, x) for y in range(3) for x in range(3) if torch.equal(before[:, y : y + 7, x : x + 5], after)
        ]
        assert len(shifts) == 1
        seen.update(shifts)
    assert len(seen) == 9


def test_cutout_blanks_one_square_in_all_channels():
    pixels = torch.ones(300, 2, 9, 9)
    holes = augment(pixels, Augmentation(cutout=3), generator()) == 0
    assert torch.equal(holes[:, 0], holes[:, 1])
    areas = holes[:, 0].flatten(1).sum(dim=1)
    assert areas.max() == 9
    assert set(areas.tolist()) <= {4, 6, 9}


def test_negative_pixels_are_refused():
    with pytest.raises(ConfigError, match="crop=-1"):
        Augmentation(crop=-1)
