import json

import pytest
import torch

from armillary.training.carried import detached, flattened, rebuilt

STATE = ((torch.ones(2), None), {"cell": torch.zeros(3), "deep": [torch.arange(2)]})


def test_a_state_survives_being_taken_apart() -> None:
    tensors, structure = flattened(STATE)
    back = rebuilt(tensors, json.loads(json.dumps(structure)))
    assert torch.equal(back[0][0], torch.ones(2))
    assert back[0][1] is None
    assert torch.equal(back[1]["cell"], torch.zeros(3))
    assert torch.equal(back[1]["deep"][0], torch.arange(2))


def test_nothing_carried_is_nothing() -> None:
    assert rebuilt(*flattened(None)) is None


def test_gradients_stop_and_values_pass() -> None:
    weight = torch.ones(2, requires_grad=True)
    ((state, _), kept) = detached(((weight * 3, None), {"h": weight * 2}))
    assert state.tolist() == [3, 3]
    assert not state.requires_grad
    assert not kept["h"].requires_grad


def test_an_unknown_container_is_an_error_of_the_model() -> None:
    with pytest.raises(TypeError, match="tensors, tuples and dictionaries"):
        detached({"h": {1, 2}})
