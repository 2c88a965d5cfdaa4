import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from armillary.models.images.adversarial import discriminator_loss, generator_loss, gradient_penalty


def test_the_penalty_of_a_quadratic_form_is_known():
    """D(x) = x A x / 2 + b x has the gradient A x + b for symmetric A."""
    torch.manual_seed(0)
    half = torch.randn(4, 4, dtype=torch.float64)
    a, b = half + half.T, torch.randn(4, dtype=torch.float64)
    images = torch.randn(5, 1, 2, 2, dtype=torch.float64, requires_grad=True)
    flat = images.flatten(1)
    scores = torch.einsum("ni,ij,nj->n", flat, a, flat) / 2 + flat @ b
    by_hand = (flat @ a + b).square().sum(1).mean()
    assert torch.allclose(gradient_penalty(images, scores), by_hand)


def test_the_penalty_has_the_gradient_of_its_own_formula():
    """For D(x) = w x the penalty is |w|^2, whose gradient is 2 w."""
    layer = nn.Linear(4, 1).double()
    images = torch.randn(7, 1, 2, 2, dtype=torch.float64, requires_grad=True)
    gradient_penalty(images, layer(images.flatten(1)).squeeze(1)).backward()
    assert torch.allclose(layer.weight.grad, 2 * layer.weight)


def test_losses_are_relativistic():
    real, generated = torch.tensor([2.0, -1.0]), torch.tensor([0.5, 3.0])
    assert generator_loss(real, generated).item() == pytest.approx(
        softplus(torch.tensor([1.5, -4.0])).mean().item()
    )
    assert generator_loss(real + 7, generated + 7) == pytest.approx(generator_loss(real, generated))


def test_the_loss_of_the_discriminator_adds_both_penalties():
    real, generated = (torch.randn(6, 1, 2, 2, requires_grad=True) for _ in range(2))
    real_scores, generated_scores = 3 * real.sum((1, 2, 3)), 2 * generated.flatten(1)[:, 0]
    loss = discriminator_loss(real, real_scores, generated, generated_scores, gamma=0.5)
    assert loss.r1.item() == pytest.approx(4 * 9)
    assert loss.r2.item() == pytest.approx(4)
    assert loss.adversarial.item() == pytest.approx(softplus(generated_scores - real_scores).mean().item())
    assert loss.total.item() == pytest.approx(loss.adversarial.item() + 0.25 * (36 + 4))
