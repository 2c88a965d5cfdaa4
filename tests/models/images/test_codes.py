import math

import pytest
import torch
from sklearn.datasets import load_digits

from armillary.core.errors import ConfigError
from armillary.models.images.codes import LEVELS, FiniteScalars, ImageCodes, reconstruction_loss


@pytest.fixture(scope="module")
def digits():
    return torch.tensor(load_digits().images[:16], dtype=torch.float32)[:, None] / 8 - 1


@pytest.mark.parametrize("levels", [LEVELS, (2,), (3, 2, 7), (5, 5)])
def test_codes_number_the_level_indices_one_to_one(levels):
    scalars = FiniteScalars(levels)
    codes = torch.arange(scalars.n_codes)
    indices = scalars.indices_of(codes)
    assert scalars.n_codes == math.prod(levels)
    assert torch.equal(scalars.codes_of(indices), codes)
    assert len(indices.unique(dim=0)) == scalars.n_codes
    assert indices.amin(0).tolist() == [0] * len(levels)
    assert indices.amax(0).tolist() == [n - 1 for n in levels]


def test_the_first_number_is_the_least_significant_digit():
    assert FiniteScalars((8, 5, 5, 5)).codes_of(torch.tensor([[7, 4, 4, 4], [3, 1, 0, 2]])).tolist() == [
        999,
        3 + 1 * 8 + 0 * 40 + 2 * 200,
    ]


def test_numbers_go_to_the_nearest_level():
    scalars = FiniteScalars((4, 3))
    points = torch.tensor([-0.99, -0.5, 0.2, 0.9])  # after tanh; levels at -1, -1/3, 1/3, 1 and -1, 0, 1
    values, codes = scalars(torch.stack((points, points), 1).atanh())
    expected = torch.tensor([[-1, -1], [-1 / 3, 0], [1 / 3, 0], [1, 1]])
    expected[1, 1] = values[1, 1]  # -0.5 lies half way between two levels
    assert torch.allclose(values, expected, atol=1e-6)
    assert torch.allclose(values, scalars.values(scalars.indices_of(codes)), atol=1e-6)


def test_all_levels_are_reached_and_bounds_are_kept():
    scalars = FiniteScalars((2, 5, 8))
    x = torch.linspace(-20, 20, 4001)[:, None].expand(-1, 3)
    values, codes = scalars(x)
    assert values.abs().max() <= 1 + 1e-6
    assert [len(column.unique()) for column in scalars.indices_of(codes).T] == [2, 5, 8]


def test_the_gradient_passes_the_rounding():
    x = torch.randn(6, 4, requires_grad=True)
    FiniteScalars()(x)[0].sum().backward()
    assert torch.allclose(x.grad, 1 - x.detach().tanh() ** 2, atol=1e-6)


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 28, 28), (3, 32, 32), (3, 8, 64)])
def test_an_image_is_a_code_for_each_cell(channels, height, width):
    torch.manual_seed(0)
    model = ImageCodes(channels, height, width, d_model=8, n_blocks=1)
    images = torch.rand(2, channels, height, width) * 2 - 1
    reconstructed, codes = model(images)
    assert model.n_codes == 1000
    assert codes.shape == (2, model.n_cells) == (2, height * width // 16)
    assert torch.equal(model.encode(images), codes)
    assert torch.allclose(model.decode(codes), reconstructed.clamp(-1, 1), atol=1e-5)
    assert model.decode(codes).shape == images.shape


def test_cells_stand_row_by_row():
    torch.manual_seed(0)
    model = ImageCodes(1, 12, 20, d_model=8, n_blocks=1)
    codes = torch.zeros(1, 15, dtype=torch.long)
    other = codes.clone()
    other[0, 9] = 999  # row 1, column 4 of 3 x 5
    moved = (model.decode(other) - model.decode(codes)).abs()[0, 0]
    assert moved[4:8, 16:20].mean() > 2 * moved[:, :8].mean()
    assert moved.max() == moved[:, 8:].max()


def test_digits_are_learnt_by_heart(digits):
    torch.manual_seed(0)
    model = ImageCodes(1, 8, 8, d_model=16, n_blocks=1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(150):
        loss = reconstruction_loss(model(digits)[0], digits)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        drawn = model.decode(model.encode(digits))
    assert (drawn - digits).square().mean() < 0.02 * digits.var()
    assert len(model.encode(digits).unique(dim=0)) == 16


def test_the_loss_is_the_square_plus_the_absolute_error():
    images = torch.zeros(1, 1, 1, 2)
    assert reconstruction_loss(torch.tensor([[[[0.5, -1.0]]]]), images).item() == pytest.approx(
        (0.25 + 1) / 2 + (0.5 + 1) / 2
    )


@pytest.mark.parametrize("size", [(30, 28), (28, 4), (68, 28)])
def test_other_sides_are_refused(size):
    with pytest.raises(ConfigError, match=f"multiple of 4, got {size[0]}x{size[1]}"):
        ImageCodes(1, *size)


@pytest.mark.parametrize("levels", [(), (8, 1)])
def test_levels_that_say_nothing_are_refused(levels):
    with pytest.raises(ConfigError, match="2 or more"):
        FiniteScalars(levels)
