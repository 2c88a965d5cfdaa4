"""The two velocities of flow matching, held to the same laws."""

import pytest
import torch

from armillary.models.images.conditioning import CaptionEncoder, Conditioning
from armillary.models.images.diffusion_transformer import DiffusionTransformer, put_together
from armillary.models.images.flow import draw_times, flow_matching_loss, guided, integrate
from armillary.models.images.modulation import time_waves
from armillary.models.images.unet import UNet
from armillary.models.layers.block import BlockConfig
from armillary.models.transformer.vision import cut_into_patches

D = 12


def transformer(height=8, width=8, channels=1, **shape):
    shape = {"d_model": 32, "n_layers": 2, "n_heads": 2} | shape
    return DiffusionTransformer(channels, height, width, d_condition=D, **shape)


def unet(height=8, width=8, channels=1, **shape):
    return UNet(channels, d_condition=D, d_model=32, n_levels=2, **shape)


BACKBONES = pytest.mark.parametrize("build", [transformer, unet])


def condition(n, seq=5):
    real = torch.arange(seq) < torch.arange(1, n + 1).clamp(max=seq)[:, None]
    return Conditioning(torch.randn(n, D), torch.randn(n, seq, D), real)


def awake(module):
    """Draw the weights that start at zero, so that everything has a say."""
    for parameter in module.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.2)
    return module


@BACKBONES
@pytest.mark.parametrize(("height", "width", "channels"), [(8, 8, 1), (28, 28, 1), (9, 14, 3)])
def test_the_velocity_has_the_shape_of_the_image_and_starts_at_zero(build, height, width, channels):
    torch.manual_seed(0)
    images = torch.randn(3, channels, height, width)
    velocity = build(height, width, channels)
    assert not velocity(images, torch.rand(3), condition(3)).any()
    assert awake(velocity)(images, torch.rand(3), condition(3)).shape == images.shape


@BACKBONES
def test_time_vector_and_real_tokens_have_a_say_and_padding_has_none(build):
    torch.manual_seed(0)
    velocity, images, times, wanted = awake(build()), torch.randn(3, 1, 8, 8), torch.rand(3), condition(3)
    before = velocity(images, times, wanted)

    def moved(t=times, **changes):
        parts = {"vector": wanted.vector, "tokens": wanted.tokens, "real": wanted.real} | changes
        return (velocity(images, t, Conditioning(**parts)) - before).abs().amax((1, 2, 3)).min()

    assert moved(t=times / 2) > 1e-4
    assert moved(vector=torch.randn(3, D)) > 1e-4
    other = torch.randn_like(wanted.tokens)
    assert moved(tokens=torch.where(wanted.real[..., None], other, wanted.tokens)) > 1e-5
    assert moved(tokens=torch.where(wanted.real[..., None], wanted.tokens, other)) < 1e-5
    assert moved(tokens=None, real=None) > 1e-5


@BACKBONES
def test_rows_do_not_see_each_other(build):
    torch.manual_seed(0)
    velocity, images, times, wanted = awake(build()), torch.randn(3, 1, 8, 8), torch.rand(3), condition(3)
    alone = Conditioning(wanted.vector[1:2], wanted.tokens[1:2], wanted.real[1:2])
    together = velocity(images, times, wanted)[1:2]
    assert torch.allclose(velocity(images[1:2], times[1:2], alone), together, atol=1e-4)


@BACKBONES
def test_captions_decide_what_is_drawn(build):
    """Token 0 asks for an image of -1, token 1 for one of +1, at any length; token 2 is no caption."""
    torch.manual_seed(0)
    encoder = CaptionEncoder(3, 4, BlockConfig(d_model=D, n_heads=2, d_ff=24, n_layers=1))
    velocity = build(4, 4)
    weights = [*encoder.parameters(), *velocity.parameters()]
    optimizer = torch.optim.Adam(weights, lr=5e-3)
    for _ in range(80):
        tokens = torch.randint(2, (32, 1)).expand(-1, 4)
        images = (2.0 * tokens[:, :1] - 1).view(-1, 1, 1, 1).expand(-1, 1, 4, 4)
        wanted = encoder(tokens, torch.randint(1, 5, (32,)))
        loss = flow_matching_loss(
            lambda x, t, wanted=wanted: velocity(x, t, wanted),
            images,
            torch.randn(32, 1, 4, 4),
            draw_times(32),
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        wanted, nothing = (encoder(torch.tensor(t)) for t in ([[0], [1]], [[2], [2]]))
        drawn = integrate(guided(velocity, wanted, nothing, 1.0), torch.randn(2, 1, 4, 4), 8)
    assert drawn[0].mean().item() == pytest.approx(-1, abs=0.35)
    assert drawn[1].mean().item() == pytest.approx(1, abs=0.35)


def test_patches_are_put_together_as_they_were_cut():
    images = torch.randn(2, 3, 8, 12)
    assert torch.equal(put_together(cut_into_patches(images, 4), 2, 3, 4), images)


def test_waves_tell_near_times_apart():
    waves = time_waves(torch.tensor([0.0, 0.001, 0.5, 1.0]))
    assert waves.shape == (4, 128)
    assert waves.square().sum(1).tolist() == pytest.approx([64] * 4, rel=1e-5)
    assert (waves[0] - waves[1]).norm() > 0.5
