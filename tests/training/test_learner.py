import pytest
import torch
from torch import nn

from armillary.training.checkpoint import Checkpoint
from armillary.training.learner import Learner, mixed
from armillary.training.parallel import fabric_for
from armillary.training.rules import resolved


class Convolving(nn.Module):
    """A language model of channels-last convolutions, with dropout and a frozen parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(11, 16)
        self.conv = nn.Conv2d(16, 11, 3, padding=1).to(memory_format=torch.channels_last)
        self.unused = nn.Parameter(torch.ones(3))

    def forward(self, tokens, state=None):
        x = nn.functional.dropout(self.table(tokens), 0.2, self.training)
        return self.conv(x.mT[:, :, None]).squeeze(2).mT, state


@pytest.fixture
def make(toy, monkeypatch: pytest.MonkeyPatch):
    config = resolved(toy())
    monkeypatch.setattr(type(config.model), "build", lambda *_: Convolving())
    return lambda: Learner(config, fabric_for(config))


def learn(learner: Learner, toy, steps: range) -> None:
    batches = toy().task.training_batches(4, 0)
    for step in steps:
        learner.step(step, 0.01, batches[step])


def test_moments_come_back_in_the_layout_of_their_parameters(make, toy, tmp_path) -> None:
    first, second = make(), make()
    learn(first, toy, range(5))
    groups, carried = first.groups()
    second.restore(Checkpoint(5, {"carried": carried}, groups), tmp_path)
    moment = second.optimizer.state[second.model.conv.weight]["exp_avg"]
    assert moment.is_contiguous(memory_format=torch.channels_last)
    learn(first, toy, range(5, 9))
    learn(second, toy, range(5, 9))
    for a, b in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_reading_gives_the_means_since_the_last_reading(make, toy) -> None:
    one, other = make(), make()
    each = []
    for step in range(4):
        learn(one, toy, range(step, step + 1))
        each.append(one.read())
    learn(other, toy, range(4))
    loss, norm = other.read()
    assert loss == pytest.approx(sum(loss for loss, _ in each) / 4)
    assert norm == pytest.approx(sum(norm for _, norm in each) / 4)


def test_a_step_leaves_no_gradient_behind(make, toy) -> None:
    learner = make()
    learn(learner, toy, range(1))
    assert all(p.grad is None for p in learner.model.parameters())


def test_judging_has_no_dropout_and_training_goes_on(make, toy) -> None:
    learner = make()
    tokens = toy().task.training_batches(4, 0)[0].inputs
    with learner.judged() as model:
        assert not model.training
        assert torch.equal(model(tokens)[0], model(tokens)[0])
        assert not model(tokens)[0].requires_grad
    assert learner.model.training


def test_seeds_of_neighbours_have_little_in_common() -> None:
    seeds = {mixed(seed, rank, step) for seed in range(5) for rank in range(3) for step in range(100)}
    assert len(seeds) == 5 * 3 * 100
    flipped = [(mixed(0, 0, step) ^ mixed(0, 0, step + 1)).bit_count() for step in range(200)]
    assert 28 < sum(flipped) / len(flipped) < 36  # of 64 bits
    assert max(seeds) < 2**64
