import pytest
import torch
import torch.nn.functional as F

from armillary.models.layers import token_loss
from armillary.models.layers.token_loss import IGNORED, Wanted

N_TOKENS, WIDTH = 37, 6


@pytest.fixture
def drawn():
    torch.manual_seed(0)
    x, table = torch.randn(3, 11, WIDTH), torch.randn(N_TOKENS, WIDTH)
    return x.requires_grad_(), table.requires_grad_(), torch.randint(N_TOKENS, (3, 11))


def with_gradients(loss, x, table):
    return loss, *torch.autograd.grad(3 * loss, (x, table))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("rows", [1, 4, 1000])
def test_loss_and_gradients_are_those_of_torch(drawn, monkeypatch, smoothing, padded, rows):
    monkeypatch.setattr(token_loss, "SCORES", rows * N_TOKENS)
    x, table, targets = drawn
    if padded:
        targets[1, 7:] = IGNORED
        targets[2, 2:] = IGNORED
    wanted = Wanted(targets, smoothing)
    scores = F.linear(x, table).flatten(0, 1)
    reference = F.cross_entropy(scores, targets.flatten(), label_smoothing=smoothing)
    ours = with_gradients(wanted.loss_of(x, table), x, table)
    for mine, theirs in zip(ours, with_gradients(reference, x, table), strict=True):
        torch.testing.assert_close(mine, theirs)
    with torch.no_grad():
        torch.testing.assert_close(wanted.loss_of(x, table), reference)


def test_never_more_scores_than_are_to_be_held(drawn, monkeypatch):
    monkeypatch.setattr(token_loss, "SCORES", 4 * N_TOKENS)
    seen = []
    judged = token_loss._judged
    monkeypatch.setattr(token_loss, "_judged", lambda s, *rest: seen.append(len(s)) or judged(s, *rest))
    x, table, targets = drawn
    targets[0, 5] = IGNORED
    Wanted(targets).loss_of(x, table)
    assert seen == [4] * 8


def test_huge_scores_do_not_overflow(drawn):
    x, table, targets = drawn
    loss, *gradients = with_gradients(Wanted(targets, 0.1).loss_of(1e4 * x, table), x, table)
    assert loss.isfinite()
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_in_other_precisions_it_is_what_torch_makes_of_it(drawn):
    x, table, targets = drawn
    with torch.autocast("cpu", torch.bfloat16):
        loss = Wanted(targets).loss_of(x, table)
        assert loss == F.cross_entropy(F.linear(x, table).flatten(0, 1), targets.flatten())
    double = Wanted(targets).loss_of(x.double(), table.double())
    assert double.dtype == torch.float64
    torch.testing.assert_close(double.float(), Wanted(targets).loss_of(x, table))


def test_a_table_that_is_frozen_gets_no_gradient(drawn):
    x, table, targets = drawn
    Wanted(targets).loss_of(x, table.detach()).backward()
    assert x.grad.abs().sum() > 0
    assert table.grad is None
