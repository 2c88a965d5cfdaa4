import pytest
import torch
from torch import nn

from armillary.core.errors import ConfigError
from armillary.models import Signature
from armillary.models.cnn import ClassicCNNConfig


@pytest.mark.parametrize(("height", "width", "channels"), [(28, 28, 1), (9, 14, 3)])
def test_it_is_the_network_of_the_textbooks_for_any_image(height, width, channels):
    torch.manual_seed(0)
    signature = Signature(
        inputs="image", outputs="class", channels=channels, height=height, width=width, n_classes=10
    )
    model = ClassicCNNConfig(signature=signature).build()
    textbook = nn.Sequential(
        nn.Conv2d(channels, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * (height // 4) * (width // 4), 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip
    for mine, theirs in zip(model.parameters(), textbook.parameters(), strict=True):
        theirs.data.copy_(mine)
    images = torch.randn(2, channels, height, width)
    torch.testing.assert_close(model(images), textbook(images))


def test_an_image_too_small_to_halve_twice_is_refused():
    signature = Signature(inputs="image", outputs="class", channels=1, height=3, width=8, n_classes=2)
    with pytest.raises(ConfigError, match="takes 4 x 4 pixels or more, not 3 x 8"):
        ClassicCNNConfig(signature=signature).build()
