import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from armillary.models.quantization import BITS, Grid
from armillary.models.quantization.rounding import restored, rounded, shape_of_groups

EQUAL_STEPS = [bits for bits in BITS if bits not in ("ternary", "binary")]


def matrix(rows=6, columns=50, seed=0):
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


def error(weights, grid):
    return float((restored(rounded(weights, grid), grid) - weights).square().sum())


def test_eight_bits_of_a_row_that_is_known():
    """Largest weight 127 hundredths: the scale is a hundredth, codes are hundredths above -128."""
    found = rounded(torch.tensor([[1.27, -0.50, 0.004, 0.006]]), Grid("8", 0, search=False))
    assert float(found.scales) == pytest.approx(0.01, rel=1e-3)
    assert found.codes.tolist() == [[255, 78, 128, 129]]
    assert found.lows is None


def test_two_bits_of_a_row_that_is_known():
    """Levels are -1.5, -0.5, 0.5 and 1.5 scales."""
    grid = Grid("2", 0, search=False)
    found = rounded(torch.tensor([[3.0, -3.0, 0.5, -0.1]]), grid)
    assert found.codes.tolist() == [[3, 0, 2, 1]]
    assert restored(found, grid).tolist() == [[3.0, -3.0, 1.0, -1.0]]


def test_ternary_is_the_mean_of_absolute_values():
    """BitNet b1.58: round(w / mean|w|), cut to -1, 0, 1."""
    grid = Grid("ternary", 0, search=False)
    weights = torch.tensor([[4.0, -1.5, 0.5, -2.0]])  # mean |w| = 2
    assert restored(rounded(weights, grid), grid).tolist() == [[2.0, -2.0, 0.0, -2.0]]


def test_binary_is_the_sign_times_the_mean_of_absolute_values():
    weights = torch.tensor([[4.0, -1.0, 0.5, -2.5]])
    grid = Grid("binary", 0)
    assert restored(rounded(weights, grid), grid).tolist() == [[2.0, -2.0, 2.0, -2.0]]


def test_levels_that_are_not_symmetric_reach_from_the_least_to_the_largest():
    grid = Grid("2", 0, symmetric=False, search=False)
    found = rounded(torch.tensor([[1.0, 2.0, 3.1, 4.0]]), grid)
    assert found.codes.tolist() == [[0, 1, 2, 3]]
    assert restored(found, grid).tolist() == [[1.0, 2.0, 3.0, 4.0]]


@given(
    st.sampled_from(EQUAL_STEPS), st.booleans(), st.integers(0, 40), st.integers(1, 60), st.integers(0, 2**20)
)
def test_without_clipping_no_weight_moves_by_more_than_half_a_step(bits, symmetric, size, columns, seed):
    weights, grid = matrix(columns=columns, seed=seed), Grid(bits, size, symmetric, search=False)
    found = rounded(weights, grid)
    n_groups, width = shape_of_groups(columns, size)
    steps = found.scales.float().repeat_interleave(width, 1)[:, :columns]
    assert found.scales.shape == (6, n_groups)
    largest = weights.abs().max() / 1000  # a scale or low in float16 is itself rounded by 1 / 2048
    assert ((restored(found, grid) - weights).abs() <= steps / 2 + largest).all()


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("symmetric", [True, False])
def test_the_search_is_never_worse_and_below_eight_bits_better(bits, symmetric):
    if not symmetric and bits not in EQUAL_STEPS:
        pytest.skip("its levels are symmetric")
    plain, searched = (error(matrix(), Grid(bits, 0, symmetric, search)) for search in (False, True))
    assert searched <= plain
    if bits not in ("8", "binary"):
        assert searched < 0.98 * plain


def test_no_other_scale_of_the_line_has_less_error():
    """The search, against trying each scale on one group by hand."""
    weights = matrix(rows=1)
    found = error(weights, Grid("4", 0))
    for step in range(6, 21):
        scale = (weights.abs().max() / 7 * step / 20).half().float()
        values = scale * (weights / scale).round().clamp(-8, 7)
        assert found <= float((values - weights).square().sum()) + 1e-6


def test_more_levels_and_smaller_groups_err_less():
    errors = [error(matrix(), Grid(bits, 0)) for bits in ("8", "4", "3", "2", "ternary", "binary")]
    assert errors == sorted(errors)
    assert error(matrix(columns=64), Grid("4", 16)) < error(matrix(columns=64), Grid("4", 0))


@pytest.mark.parametrize(
    ("columns", "size", "shape"), [(144, 64, (3, 48)), (65, 64, (2, 33)), (9, 64, (1, 9)), (100, 0, (1, 100))]
)
def test_groups_of_a_row_are_about_as_large(columns, size, shape):
    assert shape_of_groups(columns, size) == shape


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("weights", [torch.zeros(2, 7), torch.full((2, 7), 1e-30)])
def test_rows_without_weight_stay_so(bits, weights):
    grid = Grid(bits, 3)
    assert restored(rounded(weights, grid), grid).abs().max() == 0


def test_a_last_group_that_is_not_full_has_the_scale_of_its_own_weights():
    """Three columns in groups of two: zeros that fill the second group change neither mean nor range."""
    grid = Grid("ternary", 2, search=False)
    assert rounded(torch.tensor([[1.0, 3.0, 5.0]]), grid).scales.tolist() == [[2.0, 5.0]]
    grid = Grid("4", 2, symmetric=False, search=False)
    assert rounded(torch.tensor([[1.0, 3.0, 5.0]]), grid).lows.tolist() == [[1.0, 5.0]]
