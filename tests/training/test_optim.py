import pytest
import torch
from torch import nn

from armillary.models.layers.initial import Readout
from armillary.training.config import OptimConfig
from armillary.training.optim import clip_, decay_groups, gradients_of, make_optimizer, matrices

FULL = OptimConfig(algorithm="adamw", lr=0.1, beta2=0.99, weight_decay=0.5)


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(5, 4)
        self.linear = nn.Linear(4, 5)
        self.norm = nn.LayerNorm(4)
        self.conv = nn.Conv2d(2, 3, 3)
        self.start = nn.Parameter(torch.zeros(1, 1, 4))
        self.linear.weight = self.table.weight


def test_decay_shrinks_matrices_and_kernels_alone() -> None:
    model = Small()
    decayed, kept = decay_groups(model)
    names = {id(p): name for name, p in model.named_parameters()}
    assert [names[id(p)] for p in decayed] == ["conv.weight"]
    assert sorted(names[id(p)] for p in kept) == [
        "conv.bias",
        "linear.bias",
        "norm.bias",
        "norm.weight",
        "start",
        "table.weight",
    ]


def test_a_zero_gradient_leaves_only_the_decay() -> None:
    model = nn.Linear(3, 3)
    before = model.weight.detach().clone(), model.bias.detach().clone()
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    make_optimizer(model, FULL).step()
    torch.testing.assert_close(model.weight.detach(), before[0] * (1 - 0.1 * 0.5))
    assert torch.equal(model.bias, before[1])


def test_one_step_follows_the_equations_of_the_paper() -> None:
    model = nn.Linear(2, 2, bias=False)
    w, g = model.weight.detach().clone(), torch.tensor([[0.3, -2.0], [1e-3, 5.0]])
    model.weight.grad = g.clone()
    make_optimizer(model, FULL).step()
    expected = w * (1 - 0.1 * 0.5) - 0.1 * g / (g.abs() + 1e-8)  # bias-corrected moments are g and g^2
    torch.testing.assert_close(model.weight.detach(), expected)


def test_the_kernel_is_fused_here() -> None:
    assert make_optimizer(nn.Linear(2, 2), FULL).defaults["fused"] is True


def test_without_a_fused_kernel_the_plain_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = torch.optim.AdamW

    def unfused(*args, fused=None, **options):
        if fused:
            raise RuntimeError("`fused=True` requires all the params to be floating point Tensors")
        return whole(*args, **options)

    monkeypatch.setattr(torch.optim, "AdamW", unfused)
    assert make_optimizer(nn.Linear(2, 2), FULL).defaults["foreach"] is True


def test_muon_moves_matrices_between_features_alone() -> None:
    model = nn.ModuleDict({"small": Small(), "map": nn.Linear(4, 3), "scores": Readout(3, 2)})
    names = {id(p): name for name, p in model.named_parameters()}
    assert [names[id(p)] for p in matrices(model)] == ["map.weight"]


def test_clipping_agrees_with_torch() -> None:
    ours = [torch.randn(3, 4), torch.randn(7)]
    theirs = [nn.Parameter(torch.zeros_like(g)) for g in ours]
    for parameter, gradient in zip(theirs, ours, strict=True):
        parameter.grad = gradient.clone()
    expected = nn.utils.clip_grad_norm_(theirs, 0.5)
    torch.testing.assert_close(clip_(ours, 0.5), expected)
    for parameter, gradient in zip(theirs, ours, strict=True):
        torch.testing.assert_close(gradient, parameter.grad, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("largest", [0.0, 1e6])
def test_a_small_gradient_or_no_limit_changes_nothing(largest: float) -> None:
    gradients = [torch.tensor([3.0, 4.0])]
    assert clip_(gradients, largest) == 5.0
    assert gradients[0].tolist() == [3.0, 4.0]


def test_a_parameter_out_of_use_has_no_gradient_to_clip() -> None:
    model = Small()
    model.linear(torch.ones(1, 4)).sum().backward()
    assert len(gradients_of(model.parameters())) == 2
