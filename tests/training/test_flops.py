import pytest
import torch
import torch.nn.functional as F
from torch import nn

from armillary.data.batch import Batch
from armillary.training.flops import FlopCounter, count, flops_per_step


class Attending(nn.Module):
    """A projection and attention: linear and quadratic in the length."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Embedding(11, 8)
        self.mix = nn.Linear(8, 8, bias=False)

    def forward(self, tokens, state=None):
        x = self.mix(self.first(tokens))[:, None]
        y = F.scaled_dot_product_attention(x, x, x)[:, 0]
        return F.pad(y, (0, 3)), state


@pytest.fixture
def counter(toy, monkeypatch: pytest.MonkeyPatch) -> FlopCounter:
    config = toy().fitted()
    monkeypatch.setattr(type(config.model), "build", lambda *_: Attending())
    return FlopCounter(config)


def hand_count(rows: int, length: int) -> int:
    projection = 2 * rows * length * 8 * 8  # forward; as much for each of the two gradients
    attention = 2 * 2 * rows * length**2 * 8  # Q K^T and its product with V; twice that backward
    return 3 * projection + 3 * attention


@pytest.mark.parametrize("length", [1, 2, 5, 6, 13])
def test_lengths_that_vary_are_exact(counter: FlopCounter, length: int) -> None:
    tokens = torch.zeros(3, length, dtype=torch.long)
    assert counter(Batch(tokens, tokens, lengths=torch.tensor([1] * 3))) == hand_count(3, length)


def test_a_fixed_length_is_counted_as_it_is(counter: FlopCounter) -> None:
    tokens = torch.zeros(5, 6, dtype=torch.long)
    assert counter(Batch(tokens, tokens)) == hand_count(5, 6)


def test_the_lstm_counts_its_matrices(toy) -> None:
    """On a CPU the counter sees nothing of the fused kernel; all its products must be there."""
    config = toy(model__recurrent=True).fitted()
    without = toy(model__recurrent=False).fitted()
    batch = config.task.dummy_batch(2)
    difference = FlopCounter(config)(batch) - FlopCounter(without)(batch)
    rows, seq, d = 2, 6, 8
    forward = 2 * rows * seq * (d + d) * 4 * d
    first_state = 2 * rows * d * 4 * d  # the state before the first step is a constant: no gradient
    assert difference == 3 * forward - first_state


def test_counting_leaves_no_gradient_behind(toy) -> None:
    config = toy().fitted()
    with torch.device("meta"):
        model = config.model.build()
    batch = config.task.dummy_batch(2)
    assert count(config.task, model, batch) == count(config.task, model, batch) > 0
    assert all(p.grad is None for p in model.parameters())


def test_a_step_is_a_batch(toy) -> None:
    config = toy().fitted()
    assert flops_per_step(config) == FlopCounter(config)(config.task.dummy_batch(4))


def test_where_lengths_vary_a_step_is_their_mean(toy, monkeypatch: pytest.MonkeyPatch) -> None:
    config = toy(model__recurrent=False).fitted()

    class Growing:
        steps_per_epoch = 4

        def __getitem__(self, step: int) -> Batch:
            tokens = torch.zeros(4, step + 1, dtype=torch.long)
            return Batch(tokens, tokens, lengths=torch.tensor([step + 1] * 4))

    monkeypatch.setattr(type(config.task), "training_batches", lambda *_: Growing())
    each = [FlopCounter(config)(Growing()[step]) for step in range(4)]
    assert flops_per_step(config) == sum(each) / 4


class Translating(nn.Module):
    """A map of each side, and attention of one to the other: linear in both lengths and in their product."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(11, 8)
        self.mix = nn.Linear(8, 8, bias=False)

    def forward(self, inputs, _lengths, targets):
        source, target = self.mix(self.table(inputs))[:, None], self.mix(self.table(targets))[:, None]
        return F.pad(F.scaled_dot_product_attention(target, source, source)[:, 0], (0, 3))


@pytest.mark.parametrize(("source", "target"), [(1, 1), (5, 2), (2, 13), (16, 16), (9, 4)])
def test_two_lengths_that_vary_are_exact(toy, monkeypatch, source: int, target: int) -> None:
    config = toy().fitted()
    monkeypatch.setattr(type(config.model), "build", lambda *_: Translating())
    signature = config.task.signature().replace(length=16, target_length=16)
    monkeypatch.setattr(type(config.task), "signature", lambda _: signature)
    monkeypatch.setattr(type(config.task), "loss", translation_loss)
    each, ends = torch.tensor([1] * 3), torch.tensor([1] * 3)
    batch = Batch(torch.zeros(3, source).long(), torch.zeros(3, target).long(), each, ends)
    projections = 3 * 2 * 3 * (source + target) * 8 * 8
    attention = 3 * 2 * 2 * 3 * source * target * 8
    assert FlopCounter(config)(batch) == projections + attention


def translation_loss(task, model, batch, state=None):
    scores = model(batch.inputs, batch.lengths, batch.targets)
    return F.cross_entropy(scores.flatten(0, 1), batch.targets.flatten()), None
