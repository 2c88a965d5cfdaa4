import torch
import torch.nn.functional as F

from armillary.models.layers.feed_forward import FeedForward


def test_swiglu_is_the_gated_product_of_the_paper():
    layer = FeedForward(6, 10, activation="swiglu")
    x = torch.randn(2, 3, 6)
    gate, value = layer.up.weight[:10], layer.up.weight[10:]
    expected = (F.silu(x @ gate.T) * (x @ value.T)) @ layer.down.weight.T
    torch.testing.assert_close(layer(x), expected)


def test_dropout_acts_in_training_only():
    layer = FeedForward(6, 64, activation="relu", dropout=0.5)
    x = torch.randn(4, 6)
    assert not torch.equal(layer(x), layer(x))
    layer.eval()
    assert torch.equal(layer(x), layer(x))
