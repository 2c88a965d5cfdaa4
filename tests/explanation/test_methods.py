"""Methods on models whose right explanation is known."""

import captum.attr
import pytest
import torch
from torch import nn

from armillary.core.errors import ConfigError
from armillary.explanation.methods import METHODS
from armillary.explanation.methods.attention import AttentionRollout
from armillary.explanation.methods.perturbation import Occlusion, Rise, Shapley
from armillary.explanation.question import Question

EXACT = ["gradient-x-input", "integrated-gradients", "occlusion", "shapley", "smoothgrad"]
SIDE, MARK = 6, 2  # of images, and of the watermark in their corner


@pytest.mark.parametrize("name", EXACT)
def test_of_a_linear_model_an_attribution_is_weight_times_input(name, linear, truth) -> None:
    found = METHODS[name]().attributions(linear)
    torch.testing.assert_close(found.double(), truth, atol=1e-4, rtol=1e-4)


def test_rise_tends_to_weight_times_input(linear, truth) -> None:
    found = Rise(n_masks=20_000).attributions(linear)
    torch.testing.assert_close(found, truth, atol=0.1, rtol=0)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_method_says_the_same_twice(name, linear) -> None:
    method = METHODS[name]()
    if method.unable(linear):
        with pytest.raises(ConfigError):
            method.attributions(linear)
    else:
        torch.testing.assert_close(method.attributions(linear), method.attributions(linear))


@pytest.fixture
def curved() -> Question:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1)).requires_grad_(False)
    return Question(
        module=module,
        inputs=torch.randn(6),
        absent=torch.zeros(6),
        owners=torch.tensor([0, 0, 1, 2, 3, 3]),
        answers=lambda model, batch: model(batch),
        n_features=4,
    )


def peer(kind: type, question: Question) -> torch.Tensor:
    """What captum's method says, one number a feature."""
    found = kind(lambda x: question.scores(x)[:, 0]).attribute(
        question.inputs[None], question.absent[None], feature_mask=question.owners[None]
    )
    return torch.tensor([float(found[0][question.owners == i][0]) for i in range(4)], dtype=torch.float64)


def test_occlusion_and_shapley_values_are_captum_s(curved) -> None:
    theirs = peer(captum.attr.FeatureAblation, curved)
    torch.testing.assert_close(Occlusion().attributions(curved)[0], theirs, atol=1e-5, rtol=1e-5)
    exact = peer(captum.attr.ShapleyValues, curved)
    found = Shapley(n_orders=600).attributions(curved)[0]
    torch.testing.assert_close(found, exact, atol=0.02, rtol=0)


@pytest.fixture(scope="module")
def marked() -> Question:
    """A convolutional classifier that has learnt a planted shortcut: a bright corner is class 1."""
    dice = torch.Generator().manual_seed(0)
    images = torch.rand(256, 1, SIDE, SIDE, generator=dice)
    classes = torch.arange(256) % 2
    images[classes == 1, :, :MARK, :MARK] += 1
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * SIDE * SIDE, 2)
    )
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(60):
        loss = nn.functional.cross_entropy(model(images), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float((model(images).argmax(1) == classes).float().mean()) == 1
    places = torch.arange(SIDE) // MARK
    return Question(
        module=model.requires_grad_(False),
        inputs=images[1],
        absent=torch.full((1, SIDE, SIDE), 0.5),
        owners=(places[:, None] * (SIDE // MARK) + places)[None],
        answers=lambda module, batch: module(batch) @ torch.tensor([[-1.0], [1.0]]),
        n_features=(SIDE // MARK) ** 2,
    )


@pytest.mark.parametrize("name", [*EXACT, "rise"])
def test_a_planted_shortcut_is_pointed_at(name, marked) -> None:
    assert int(METHODS[name]().attributions(marked)[0].argmax()) == 0


class Pooled(nn.Module):
    """A convolution whose channels are averaged and then weighted: its class activation map is known."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.convolution, self.head = nn.Conv2d(1, 3, 3, padding=1), nn.Linear(3, 1, bias=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.convolution(images).mean((2, 3)))


def test_grad_cam_is_the_class_activation_map_where_channels_are_averaged(marked) -> None:
    model = Pooled().requires_grad_(False)
    question = Question(
        model, marked.inputs, marked.absent, marked.owners, lambda module, batch: module(batch), 9
    )
    found = METHODS["grad-cam"]().attributions(question)[0]
    channels = model.convolution(marked.inputs[None])[0] / SIDE**2
    known = (model.head.weight[0][:, None, None] * channels).sum(0)
    torch.testing.assert_close(found, question.by_feature(known[None]), atol=1e-5, rtol=1e-5)


def test_what_has_no_attention_is_told_so(marked) -> None:
    with pytest.raises(ConfigError, match=r"encoder of texts.*Sequential"):
        AttentionRollout().attributions(marked)
