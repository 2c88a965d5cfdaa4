import pytest
import torch

from armillary.models.images.augmentation import augmented, recoloured, shifted, with_hole


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def test_gradients_reach_the_image_and_are_right():
    images = torch.rand(2, 3, 8, 8, dtype=torch.float64, requires_grad=True)

    def varied(x):
        torch.manual_seed(3)
        return augmented(x)

    assert torch.autograd.gradcheck(varied, images, fast_mode=True)


def test_colours_change_by_brightness_saturation_and_contrast():
    grey = torch.full((500, 1, 4, 4), 0.2)
    moved = recoloured(grey) - grey  # of a flat grey image only the brightness shows
    assert moved.std((1, 2, 3)).max() < 1e-6
    assert moved.mean((1, 2, 3)).abs().max() <= 0.5
    assert moved.mean((1, 2, 3)).std() == pytest.approx(12**-0.5, abs=0.02)
    images = torch.randn(500, 1, 8, 8)
    contrast = recoloured(images).std((2, 3)) / images.std((2, 3))
    assert 0.5 <= contrast.min() < 0.55
    assert 1.45 < contrast.max() <= 1.5
    pixel = torch.randn(1, 3, 1, 1).expand(500, -1, -1, -1)
    spread = recoloured(pixel).amax((1, 2, 3)) - recoloured(pixel).amin((1, 2, 3))
    assert spread.std() > 0.1


def test_images_are_moved_whole_and_zeros_come_in():
    images = torch.rand(400, 1, 16, 8) + 1
    moved = shifted(images)
    found = set()
    for before, after in zip(images[:, 0], moved[:, 0], strict=True):
        there = after.nonzero()
        (top, left), (bottom, right) = there.min(0).values.tolist(), there.max(0).values.tolist()
        kept = after[top : bottom + 1, left : right + 1]
        height, width = kept.shape
        down, across = top or height - 16, left or width - 8
        start = max(0, -down), max(0, -across)
        assert torch.equal(kept, before[start[0] : start[0] + height, start[1] : start[1] + width])
        found.add((down, across))
    assert found == {(down, across) for down in range(-2, 3) for across in range(-1, 2)}


def test_a_hole_is_a_square_of_half_the_sides_cut_off_at_the_border():
    holes = (with_hole(torch.ones(300, 2, 8, 12)) == 0)[:, 0]
    heights, widths = holes.any(2).sum(1), holes.any(1).sum(1)
    assert torch.equal(holes.sum((1, 2)), heights * widths)
    assert (heights.max(), widths.max()) == (4, 6)
    assert heights.min() >= 2


def test_each_image_is_varied_on_its_own():
    images = torch.rand(1, 1, 8, 8).expand(20, -1, -1, -1)
    assert len(augmented(images).flatten(1).unique(dim=0)) == 20
