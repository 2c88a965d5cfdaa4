import pytest
import torch
import torch.nn.functional as F

from armillary.models.layers.norms import RMSNorm, make_norm


def normed_and_gradients(norm, x):
    x = x.clone().requires_grad_()
    out = norm(x)
    weights = torch.randn(out.shape, generator=torch.Generator().manual_seed(1))
    return out, *torch.autograd.grad((out * weights).sum(), (x, norm.weight))


def test_rms_norm_and_its_written_out_gradient_are_those_of_torch():
    x = torch.randn(3, 5, 16, generator=torch.Generator().manual_seed(0))
    ours, reference = RMSNorm(16), torch.nn.RMSNorm(16, eps=1e-6)
    with torch.no_grad():
        reference.weight.uniform_(0.5, 2.0)
    ours.load_state_dict(reference.state_dict())
    for mine, theirs in zip(normed_and_gradients(ours, x), normed_and_gradients(reference, x), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), reference(x))


def test_the_gradient_agrees_with_finite_differences():
    x = torch.randn(2, 4, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(RMSNorm(4).double(), (x,))


@pytest.mark.parametrize(("kind", "mean"), [("layer", 0.0), ("rms", 3.0 / 10**0.5)])
def test_layer_norm_centres_and_rms_norm_does_not(kind, mean):
    x = torch.tensor([[2.0, 4.0]])  # mean 3, mean square 10
    out = make_norm(kind, 2)(x)
    assert out.mean().item() == pytest.approx(mean, abs=1e-5)
    assert out.square().mean().item() == pytest.approx(1.0, abs=1e-4)
    assert F.cosine_similarity(out, x - x.mean() * (kind == "layer")).item() == pytest.approx(1.0, abs=1e-5)
