import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from armillary.models.layers.initial import Linear
from armillary.models.layers.product import SMALL, FixedWeights, _slice, fixed_weights, linear

N_IN, N_OUT = 64, SMALL // 32 + 5  # larger than small, and no multiple of a slice


@pytest.mark.parametrize("shape", [(1,), (1, 1), (4, 1), (2, 3), (9,), (3, 7), (0,)])
@pytest.mark.parametrize("bias", [True, False])
def test_products_of_few_rows_are_those_of_many(shape, bias):
    torch.manual_seed(0)
    x, weight = torch.randn(*shape, N_IN), nn.Parameter(torch.randn(N_OUT, N_IN))
    offset = torch.randn(N_OUT) if bias else None
    with torch.inference_mode():
        expected = F.linear(x.double(), weight.double(), None if offset is None else offset.double()).float()
        torch.testing.assert_close(linear(x, weight, offset), expected, atol=1e-4, rtol=1e-5)


def test_weights_are_read_anew_after_they_were_fixed():
    torch.manual_seed(0)
    model, x = Linear(N_IN, 32, bias=True), torch.randn(20, N_IN)
    for _ in range(2):
        with torch.inference_mode(), fixed_weights(model):
            for _ in range(3):
                torch.testing.assert_close(model(x), F.linear(x, model.weight, model.bias))
            with fixed_weights(nn.Sequential(model)):
                torch.testing.assert_close(model(x), F.linear(x, model.weight, model.bias))
        model.weight.data *= 2


def test_gradients_and_double_precision_are_as_ever():
    model, x = Linear(N_IN, N_OUT), torch.randn(1, N_IN)
    with fixed_weights(model):
        model(x).sum().backward()
        torch.testing.assert_close(model.weight.grad, x.expand(N_OUT, N_IN))
        double = copy.deepcopy(model).double()
        with torch.inference_mode():
            assert torch.equal(double(x.double()), F.linear(x.double(), double.weight))


def test_weights_stay_laid_out_from_one_use_to_the_next():
    torch.manual_seed(0)
    model, x = Linear(N_IN, 32), torch.randn(20, N_IN)
    fixed = FixedWeights(model)
    for _ in range(3):
        with torch.inference_mode(), fixed.used(), fixed_weights(model):
            torch.testing.assert_close(model(x), F.linear(x, model.weight))
    (laid_out,) = fixed.laid_out.values()
    assert laid_out._matrix is not None


@pytest.mark.parametrize(("n_out", "n_in", "expected"), [(4096, 256, 64), (552, 184, 69), (509, 64, 256)])
def test_slices_fit_the_cache_and_are_equal_where_they_can_be(n_out, n_in, expected):
    assert _slice(n_out, n_in) == expected
