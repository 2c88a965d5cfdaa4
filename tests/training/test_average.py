import torch
from torch import nn

from armillary.training.average import WeightAverage


def test_the_average_follows_its_equation() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1.0)
    average = WeightAverage(model, decay=0.5)
    expected = 1.0
    for step, value in enumerate([4.0, 2.0, 7.0]):
        nn.init.constant_(model.weight, value)
        average.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    with average.applied():
        torch.testing.assert_close(model.weight.detach(), torch.tensor([[expected]]))
    assert model.weight.item() == 7.0


def test_the_models_own_weights_return_even_after_an_error() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    average = WeightAverage(model, decay=0.9)
    model(torch.randn(8, 2))
    average.update(0)
    own = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    try:
        with average.applied():
            assert not torch.equal(model[1].running_mean, own["1.running_mean"])
            raise RuntimeError
    except RuntimeError:
        pass
    assert all(torch.equal(tensor, own[name]) for name, tensor in model.state_dict().items())


def test_taking_makes_the_present_weights_the_average() -> None:
    model = nn.Linear(2, 2)
    average = WeightAverage(model, decay=0.9)
    nn.init.constant_(model.weight, 3.0)
    average.take()
    nn.init.constant_(model.weight, 0.0)
    with average.applied():
        assert torch.all(model.weight == 3.0)
