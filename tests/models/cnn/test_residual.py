import pytest
import torch
import torch.nn.functional as F

from armillary.models import Signature
from armillary.models.cnn import CNNConfig
from armillary.models.cnn.residual import ResidualBlock, n_stages, stem_stride


def image(height, width, channels=1):
    return Signature(
        inputs="image", outputs="class", channels=channels, height=height, width=width, n_classes=4
    )


@pytest.mark.parametrize(
    ("side", "stride", "stages"),
    [(8, 1, 2), (16, 1, 2), (28, 1, 3), (32, 1, 3), (64, 1, 4), (128, 2, 4), (224, 4, 4), (256, 4, 4)],
)
def test_the_stem_and_the_stages_follow_from_the_image(side, stride, stages):
    assert (stem_stride(side, side), n_stages(side, side)) == (stride, stages)


@pytest.mark.parametrize(("height", "width", "channels"), [(8, 8, 1), (9, 31, 2), (64, 17, 3), (256, 256, 3)])
def test_any_image_is_taken(height, width, channels):
    model = CNNConfig(signature=image(height, width, channels), d_model=4).build()
    assert model(torch.randn(2, channels, height, width)).shape == (2, 4)


def test_memory_has_the_channels_last_from_stem_to_head():
    model, layouts = CNNConfig(signature=image(16, 16, 3), d_model=8).build(), []
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(
                lambda _, __, out: layouts.append(out.is_contiguous(memory_format=torch.channels_last))
            )
    model(torch.randn(2, 3, 16, 16))
    assert len(layouts) == 6
    assert all(layouts)


def test_a_block_adds_its_branch_to_a_shortcut_of_the_same_shape():
    torch.manual_seed(0)
    plain = ResidualBlock(4, 4, 4, stride=1, n_branches=4)
    narrower = ResidualBlock(4, 6, 8, stride=2, n_branches=4)
    x = torch.randn(2, 4, 8, 8)
    branch = plain.second(F.relu(plain.first(x)))
    torch.testing.assert_close(plain(x), F.relu(x + branch), atol=1e-5, rtol=1e-5)
    assert branch.std().item() == pytest.approx(0.5, rel=0.05)  # 1 / sqrt(4 branches)
    assert narrower(x).shape == (2, 8, 4, 4)
