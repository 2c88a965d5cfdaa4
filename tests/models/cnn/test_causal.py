import pytest
import torch
import torch.nn.functional as F

from armillary.models import Signature
from armillary.models.cnn import CNNConfig
from armillary.models.cnn.causal import CausalConvolution, cycle_length


@pytest.mark.parametrize(("kernel_size", "dilation"), [(2, 1), (2, 4), (3, 2)])
def test_shifted_taps_are_a_padded_convolution(kernel_size, dilation):
    torch.manual_seed(0)
    layer, x = CausalConvolution(5, 7, kernel_size, dilation), torch.randn(2, 11, 5)
    kernels = layer.taps.weight.view(7, kernel_size, 5).transpose(1, 2)  # out, in, taps
    padded = F.pad(x.transpose(1, 2), (layer.reach, 0))
    expected = F.conv1d(padded, kernels, dilation=dilation).transpose(1, 2)
    torch.testing.assert_close(layer(x, None)[0], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("length", "kernel_size", "blocks"), [(64, 2, 6), (65, 2, 7), (81, 3, 4), (1, 2, 1)])
def test_a_cycle_of_dilations_covers_the_text(length, kernel_size, blocks):
    assert cycle_length(length, kernel_size) == blocks
    assert kernel_size**blocks >= length


def test_dilations_double_and_begin_again():
    config = CNNConfig(signature=Signature(vocab_size=20, length=16), d_model=8, n_layers=6)
    assert [block.convolution.dilation for block in config.build().blocks] == [1, 2, 4, 8, 1, 2]
