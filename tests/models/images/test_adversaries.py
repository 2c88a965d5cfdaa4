import pytest
import torch

from armillary.models.images.adversarial import discriminator_loss, generator_loss
from armillary.models.images.adversaries import Discriminator, Generator, Pyramid
from armillary.models.images.conditioning import ClassEncoder, Conditioning

SIZES = [(8, 8), (28, 28), (30, 17), (64, 64)]


def condition(n, width=8):
    return Conditioning(torch.randn(n, width))


@pytest.mark.parametrize(
    ("size", "n_stages", "coarsest"),
    [
        ((8, 8), 2, (4, 4)),
        ((28, 28), 3, (7, 7)),
        ((30, 17), 4, (4, 3)),
        ((64, 64), 5, (4, 4)),
        ((5, 5), 1, (5, 5)),
    ],
)
def test_a_pyramid_ends_at_four_to_seven_cells(size, n_stages, coarsest):
    pyramid = Pyramid(*size)
    assert (pyramid.n_stages, pyramid.coarsest) == (n_stages, coarsest)
    assert all(0 <= a - b < 2**n_stages for a, b in zip(pyramid.finest, size, strict=True))


@pytest.mark.parametrize("size", SIZES)
def test_images_of_any_size_are_drawn_and_scored(size):
    torch.manual_seed(0)
    generator = Generator(3, *size, d_condition=8, d_model=8, n_blocks=1)
    discriminator = Discriminator(3, *size, d_condition=8, d_model=8, n_blocks=1)
    images = generator(torch.randn(5, generator.d_noise), condition(5))
    assert images.shape == (5, 3, *size)
    assert 0.1 < images.std() < 10
    scores = discriminator(images, condition(5))
    assert scores.shape == (5,)
    assert scores.std() > 0.01


def test_a_score_depends_on_its_own_image_and_condition_alone():
    torch.manual_seed(0)
    discriminator = Discriminator(1, 8, 8, d_condition=8, d_model=8)
    images, wanted = torch.randn(4, 1, 8, 8), condition(4)
    scores = discriminator(images, wanted)
    assert torch.allclose(discriminator(images[:1], Conditioning(wanted.vector[:1])), scores[:1], atol=1e-5)
    assert (discriminator(images, condition(4)) - scores).abs().min() > 1e-4


def test_the_weight_of_a_caption_does_not_depend_on_the_length_of_its_vector():
    generator = Generator(1, 8, 8, d_condition=8, d_model=8)
    noise, wanted = torch.randn(3, generator.d_noise), condition(3)
    longer = Conditioning(5 * wanted.vector)
    assert torch.allclose(generator(noise, wanted), generator(noise, longer), atol=1e-5)


def test_all_weights_learn_and_the_two_players_find_two_grey_levels():
    """Class 0 is an image of -1, class 1 one of +1."""
    torch.manual_seed(0)
    generator = Generator(1, 4, 4, d_condition=4, d_model=8, n_blocks=1, d_noise=4)
    discriminator = Discriminator(1, 4, 4, d_condition=4, d_model=8, n_blocks=1)
    encoders = ClassEncoder(2, 4), ClassEncoder(2, 4)
    drawing = [*generator.parameters(), *encoders[0].parameters()]
    judging = [*discriminator.parameters(), *encoders[1].parameters()]
    players = [torch.optim.Adam(p, lr=3e-3, betas=(0.0, 0.99)) for p in (drawing, judging)]

    def drawn(classes):
        return generator(torch.randn(len(classes), 4), encoders[0](classes))

    for _ in range(120):
        classes = torch.randint(2, (32,))
        real = (2.0 * classes - 1).view(-1, 1, 1, 1).expand(-1, 1, 4, 4).clone().requires_grad_()
        fake = drawn(classes).detach().requires_grad_()
        wanted = encoders[1](classes)
        scores = discriminator(real, wanted), discriminator(fake, wanted)
        players[1].zero_grad()
        discriminator_loss(real, scores[0], fake, scores[1], gamma=0.5).total.backward()
        assert all(p.grad is not None for p in judging)
        players[1].step()
        players[0].zero_grad()
        wanted = encoders[1](classes)
        generator_loss(discriminator(real, wanted), discriminator(drawn(classes), wanted)).backward()
        assert all(p.grad is not None for p in drawing)
        players[0].step()
    with torch.no_grad():
        dark, light = (drawn(torch.full((50,), c)).mean().item() for c in (0, 1))
    assert dark == pytest.approx(-1, abs=0.4)
    assert light == pytest.approx(1, abs=0.4)
