import pytest
import torch
from torch import nn

from armillary.core.errors import ConfigError
from armillary.training.config import OptimConfig
from armillary.training.muon import orthogonal
from armillary.training.optim import make_optimizer

FULL = OptimConfig(algorithm="muon", lr=0.02, beta2=0.99, weight_decay=0.1)


@pytest.mark.parametrize("shape", [(8, 8), (12, 5), (5, 12)])
def test_every_direction_gets_about_the_same_length_and_none_turns(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    made = orthogonal(matrix)
    U, _, V = torch.linalg.svd(matrix, full_matrices=False)
    inner = U.mT @ made @ V.mT  # in the directions of the matrix itself: diagonal, about the identity
    singular = inner.diagonal()
    assert ((singular > 0.6) & (singular < 1.3)).all()
    torch.testing.assert_close(inner, torch.diag(singular), atol=1e-4, rtol=0)


def test_a_matrix_without_a_gradient_to_speak_of_is_left_alone() -> None:
    assert orthogonal(torch.zeros(3, 3)).abs().max() == 0


@pytest.mark.parametrize("shape", [(8, 8), (24, 8), (8, 20)])
def test_steps_agree_with_torch_within_its_16_bits(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    ours = nn.Linear(shape[1], shape[0], bias=False)
    theirs = nn.Parameter(ours.weight.detach().clone())
    first = theirs.detach().clone()
    optimizer = make_optimizer(ours, FULL)
    reference = torch.optim.Muon([theirs], lr=0.02, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for _ in range(4):
        gradient = torch.randn(shape)
        ours.weight.grad, theirs.grad = gradient.clone(), gradient.clone()
        optimizer.step()
        reference.step()
    moved = (theirs - first).norm()
    assert (ours.weight - theirs).norm() / moved < 0.02


def test_what_is_no_matrix_moves_as_adamw_has_it() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 4))
    twin = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 4))
    twin.load_state_dict(model.state_dict())
    for one, algorithm in ((model, "muon"), (twin, "adamw")):
        optimizer = make_optimizer(one, FULL.replace(algorithm=algorithm))
        one(torch.tensor([1, 2])).square().sum().backward()
        optimizer.step()
    same = {name: torch.equal(a, twin.state_dict()[name]) for name, a in model.state_dict().items()}
    assert same == {"0.weight": True, "1.weight": False, "1.bias": True}


def test_sharded_weights_are_refused(toy) -> None:
    with pytest.raises(ConfigError, match=r"optim\.algorithm is adamw with strategy=fsdp"):
        toy(optim__algorithm="muon", strategy="fsdp")
