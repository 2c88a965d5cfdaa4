import pytest
import torch

from armillary.core.errors import ConfigError
from armillary.models import MODELS, Signature
from armillary.models.images import Drawing, DrawingModel
from armillary.models.images.adversarial import discriminator_loss, generator_loss

SMALL = Signature(inputs="tokens", outputs="image", vocab_size=60, length=8, channels=1, height=8, width=8)
COLOUR = SMALL.replace(channels=3, height=20, width=32)
FAMILIES = ["autoregressive", "flow-cnn", "flow-transformer", "gan"]
CAPTIONS, LENGTHS = torch.tensor([[3, 4, 5, 0], [7, 0, 0, 0]]), torch.tensor([3, 1])


def built(kind, signature=SMALL, **fields):
    torch.manual_seed(0)
    return MODELS[kind](**fields).fit_to(signature).build()


@pytest.mark.parametrize("signature", [SMALL, COLOUR], ids=["small", "colour"])
@pytest.mark.parametrize("kind", FAMILIES)
def test_it_learns_and_draws_in_the_shape_of_its_signature(kind, signature):
    model = built(kind, signature)
    assert isinstance(model, DrawingModel)
    shape = signature.channels, signature.height, signature.width
    loss = model(torch.rand(2, *shape) * 2 - 1, CAPTIONS, LENGTHS)
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    with torch.no_grad():
        wanted = model.eval().conditioning(CAPTIONS, LENGTHS)
        images = model.draw(wanted, Drawing(n_steps=2), [5, 6])
    assert images.shape == (2, *shape)


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_seed_draws_the_same_image_beside_any_other(kind):
    model = built(kind).eval()
    how = Drawing(n_steps=2, guidance=2.0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
        both = model.draw(model.conditioning(CAPTIONS, LENGTHS), how, [5, 6])
        alone = model.draw(model.conditioning(CAPTIONS[1:], LENGTHS[1:]), how, [6])
        other = model.draw(model.conditioning(CAPTIONS[1:], LENGTHS[1:]), how, [7])
    torch.testing.assert_close(both[1:], alone, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(alone, other)


@pytest.mark.parametrize("kind", FAMILIES)
def test_its_size_is_known_before_it_is_built(kind):
    config = MODELS[kind]().fit_to(SMALL)
    assert config.n_params == sum(p.numel() for p in config.build().parameters())


@pytest.mark.parametrize("n_params", [2e5, 1e6])
def test_one_dial(n_params):
    config = MODELS["flow-transformer"]().fit_to(SMALL).at_size(n_params)
    assert config.n_params == pytest.approx(n_params, rel=0.05)


@pytest.mark.parametrize("kind", FAMILIES)
def test_evaluated_twice_it_says_the_same(kind):
    model, images = built(kind).eval(), torch.rand(2, 1, 8, 8)
    with torch.inference_mode():
        assert model(images, CAPTIONS, LENGTHS) == model(images, CAPTIONS, LENGTHS)


def test_each_player_of_a_gan_has_the_gradient_of_its_own_loss():
    model = built("gan", augments=False, gamma=0.3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    model.eval()  # the same noise each time; gradients are on
    images = torch.rand(2, 1, 8, 8) * 2 - 1
    model(images, CAPTIONS, LENGTHS).backward()
    found = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    drawn = model._drawn(images, CAPTIONS, LENGTHS)
    real_scores = model.critic(images, CAPTIONS, LENGTHS)
    generator_loss(real_scores.detach(), model.critic(drawn, CAPTIONS, LENGTHS)).backward()
    for name, parameter in model.named_parameters():
        if not name.startswith("critic."):
            torch.testing.assert_close(found[name], parameter.grad, rtol=1e-4, atol=1e-6)
    model.zero_grad()
    seen = [x.detach().requires_grad_() for x in (images, drawn)]
    scores = [model.critic(x, CAPTIONS, LENGTHS) for x in seen]
    discriminator_loss(seen[0], scores[0], seen[1], scores[1], 0.3).total.backward()
    for name, parameter in model.critic.named_parameters():
        torch.testing.assert_close(found[f"critic.{name}"], parameter.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "field", "message"),
    [
        ("flow-cnn", "d_model", "multiple of 16"),
        ("gan", "d_model", "multiple of 8"),
        ("flow-transformer", "d_condition", "multiple of 16"),
    ],
)
def test_widths_that_do_not_divide_are_refused(kind, field, message):
    with pytest.raises(ConfigError, match=message):
        MODELS[kind](**{field: 20 if kind != "gan" else 12})


@pytest.mark.parametrize("field", ["n_steps", "temperature", "top_k"])
def test_ways_to_draw_that_cannot_be_are_refused(field):
    with pytest.raises(ConfigError, match=f"{field} is .*, got 0"):
        Drawing(**{field: 0})
