import math

import pytest
import torch
from torch import nn

from armillary.core.errors import ConfigError
from armillary.models.images.conditioning import Conditioning
from armillary.models.images.flow import between, draw_times, flow_matching_loss, guided, integrate

MEANS = torch.tensor([[-2.0, 0.0], [2.0, 1.0]])
WEIGHTS = torch.tensor([0.3, 0.7])
STD = 0.4


def mixture(n):
    return MEANS[torch.multinomial(WEIGHTS, n, replacement=True)] + STD * torch.randn(n, 2)


def exact_velocity(x, t):
    """The mean of (image - noise) given their mixture, for images from the mixture of Gaussians.

    Given its Gaussian k, x_t has mean t m_k and variance (1 - t)^2 + t^2 s^2 =: v, and

        E[image - noise | x_t] = m_k + (t s^2 - (1 - t)) / v (x_t - t m_k)
    """
    t = t[:, None]
    variance = (1 - t) ** 2 + (t * STD) ** 2
    away = x[:, None] - t[:, :, None] * MEANS
    log_share = WEIGHTS.log() - away.square().sum(2) / (2 * variance)
    each = MEANS + ((t * STD**2 - (1 - t)) / variance)[:, :, None] * away
    return (log_share.softmax(1)[:, :, None] * each).sum(1)


def check_mixture(x, tolerance):
    right = x[:, 0] > 0
    assert right.double().mean().item() == pytest.approx(0.7, abs=tolerance)
    for of_it, mean in ((~right, MEANS[0]), (right, MEANS[1])):
        assert (x[of_it].mean(0) - mean).abs().max() < tolerance
        assert (x[of_it].std(0) - STD).abs().max() < tolerance


def test_the_path_is_straight_and_ends_at_noise_and_image():
    noise, images = torch.randn(3, 1, 2, 2), torch.randn(3, 1, 2, 2)
    found = between(noise, images, torch.tensor([0.0, 0.25, 1.0]))
    assert torch.equal(found[0], noise[0])
    assert torch.allclose(found[1], 0.75 * noise[1] + 0.25 * images[1])
    assert torch.equal(found[2], images[2])


def test_the_exact_velocity_carries_noise_to_the_mixture():
    torch.manual_seed(0)
    check_mixture(integrate(exact_velocity, torch.randn(20_000, 2), 50), 0.03)


def test_no_velocity_has_less_loss_than_the_exact_one():
    torch.manual_seed(0)
    images, noise, times = mixture(20_000), torch.randn(20_000, 2), draw_times(20_000)
    least = flow_matching_loss(exact_velocity, images, noise, times)
    for other in (
        lambda x, t: 1.05 * exact_velocity(x, t),
        lambda x, t: exact_velocity(x, t) + 0.1,
        lambda x, t: exact_velocity(x, t * 0.95),
    ):
        assert flow_matching_loss(other, images, noise, times) > least


def test_a_learnt_velocity_recovers_the_mixture():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2))

    def velocity(x, t):
        return net(torch.cat((x, t[:, None]), 1))

    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 800)
    for _ in range(800):
        loss = flow_matching_loss(velocity, mixture(256), torch.randn(256, 2), draw_times(256, "uniform"))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        check_mixture(integrate(velocity, torch.randn(4000, 2), 20), 0.12)


@pytest.mark.parametrize(("sampler", "order"), [("euler", 1), ("heun", 2)])
def test_errors_fall_with_the_order_of_the_sampler(sampler, order):
    """dx/dt = x cos(3 t) has the solution x_0 exp(sin(3 t) / 3)."""
    x = torch.tensor([[1.0], [-2.0]], dtype=torch.float64)

    def error(n_steps):
        found = integrate(lambda y, t: y * torch.cos(3 * t)[:, None], x, n_steps, sampler)
        return float((found - x * math.exp(math.sin(3) / 3)).abs().max())

    assert math.log2(error(512) / error(1024)) == pytest.approx(order, abs=0.1)


def test_one_step_and_no_step():
    x = torch.zeros(2, 1)
    assert torch.equal(integrate(lambda y, _: y + 3, x, 1, "euler"), x + 3)
    assert torch.equal(integrate(lambda y, _: y + 3, x, 1, "heun"), x + 4.5)  # (3 + 6) / 2
    with pytest.raises(ConfigError, match="1 step or more, got 0"):
        integrate(lambda y, _: y, x, 0)


def test_guidance_goes_beyond_what_is_wanted():
    calls = []

    def velocity(x, t, condition):
        calls.append(len(x))
        return x + condition.vector

    wanted, nothing = Conditioning(torch.tensor([[3.0]])), Conditioning(torch.tensor([[1.0]]))
    x, t = torch.tensor([[10.0]]), torch.tensor([0.5])
    found = [guided(velocity, wanted, nothing, scale)(x, t).item() for scale in (0.0, 1.0, 2.5)]
    assert found == pytest.approx([11, 13, 16])
    assert calls == [2, 1, 2]


def test_times_lie_inside_and_logit_normal_ones_in_the_middle():
    torch.manual_seed(0)
    uniform, middle = draw_times(10_000, "uniform"), draw_times(10_000)
    assert uniform.std() == pytest.approx(12**-0.5, abs=0.01)
    assert middle.median() == pytest.approx(0.5, abs=0.02)
    assert middle.std() == pytest.approx(0.208, abs=0.01)  # of the sigmoid of a standard normal
    assert middle.min() > 0
    assert middle.max() < 1
