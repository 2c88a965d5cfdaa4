import pytest

from armillary.core.errors import ConfigError
from armillary.training.config import RunConfig


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optim__lr": 0.0}, "optim.lr is above 0, got 0.0"),
        ({"optim__beta1": 1.0}, "optim.beta1"),
        ({"optim__beta2": -0.1}, "optim.beta2"),
        ({"optim__weight_decay": -1.0}, "optim.weight_decay"),
        ({"optim__clip": -1.0}, "optim.clip"),
        ({"schedule__warmup": -1}, "schedule.warmup"),
        ({"schedule__decay": 1.5}, "schedule.decay"),
        ({"schedule__floor": -0.5}, "schedule.floor"),
        ({"budget": "soon"}, "budget 'soon'"),
        ({"devices": 0}, "devices"),
        ({"accumulate": 0}, "accumulate"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 4, "accumulate": 3}, "multiple of devices x accumulate = 3"),
        ({"ema": 1.0}, "ema"),
        ({"patience": -1}, "patience"),
        ({"evaluations": -1}, "evaluations"),
        ({"checkpoints": -1}, "checkpoints"),
        ({"patience": 2, "evaluations": 0}, "patience"),
    ],
)
def test_values_out_of_range_are_refused_by_name(toy, changes: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        toy(**changes)


def test_a_configuration_survives_its_plain_form(toy) -> None:
    config = toy(ema=0.5, optim__clip=0).fitted()
    assert RunConfig.from_dict(config.to_dict()) == config


def test_fitting_gives_the_model_the_tasks_signature(toy) -> None:
    assert toy().model.signature.vocab_size == 0
    assert toy().fitted().model.signature.vocab_size == 11
