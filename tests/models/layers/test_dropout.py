import pytest
import torch

from armillary.models.layers.dropout import dropout


@pytest.mark.parametrize("p", [0.1, 0.3, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_share_is_dropped_and_the_mean_stays(p, dtype):
    torch.manual_seed(0)
    x = torch.ones(203, 501, dtype=dtype)
    out = dropout(x, p, training=True).float()
    assert (out == 0).float().mean().item() == pytest.approx(p, abs=0.01)
    assert out.mean().item() == pytest.approx(1, abs=0.02)
    assert out.unique().numel() == 2


def test_neighbours_are_dropped_independently():
    """One draw decides over eight numbers: none of them may know of another."""
    torch.manual_seed(0)
    dropped = dropout(torch.ones(200_000, 8), 0.3, training=True) == 0
    together = (dropped[:, :, None] & dropped[:, None, :]).float().mean(0)
    off = ~torch.eye(8, dtype=torch.bool)
    assert (together[off] - 0.3**2).abs().max() < 0.005
    assert (together.diagonal() - 0.3).abs().max() < 0.005


def test_the_gradient_passes_where_the_number_did():
    x = torch.randn(40, 30, requires_grad=True)
    out = dropout(x, 0.5, training=True)
    out.sum().backward()
    torch.testing.assert_close(x.grad, (out / x).detach())


def test_the_seed_decides():
    x = torch.ones(1000)
    torch.manual_seed(3)
    first = dropout(x, 0.5, training=True)
    assert not torch.equal(dropout(x, 0.5, training=True), first)
    torch.manual_seed(3)
    assert torch.equal(dropout(x, 0.5, training=True), first)


def test_nothing_is_dropped_outside_training_or_at_zero():
    x = torch.randn(5)
    assert dropout(x, 0.5, training=False) is x
    assert dropout(x, 0.0, training=True) is x


def test_shapes_without_numbers_pass():
    assert dropout(torch.empty(3, 5, device="meta"), 0.5, training=True).shape == (3, 5)
