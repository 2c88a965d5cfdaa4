import math

import pytest

from armillary.core.errors import DivergenceError
from armillary.training.divergence import DivergenceWatch


def test_a_loss_that_wanders_below_the_limit_is_left_alone(toy) -> None:
    watch = DivergenceWatch(toy())
    for loss in (2.4, 2.0, 5.7, 1.0):
        watch.look(1, loss, grad_norm=1e6, lr=0.1)
    assert watch.first == 2.4


@pytest.mark.parametrize(
    ("loss", "norm", "what"),
    [(5.9, 1.0, "ran away to 5.9"), (math.nan, 1.0, "no longer finite"), (1.0, math.inf, "no longer finite")],
)
def test_a_lost_cause_is_told_with_what_was_and_what_to_try(toy, loss: float, norm: float, what: str) -> None:
    watch = DivergenceWatch(toy(optim__lr=0.3, optim__clip=0.9, schedule__warmup=200))
    watch.look(10, 2.4, 1.0, lr=0.1)
    with pytest.raises(DivergenceError) as error:
        watch.look(20, loss, norm, lr=0.25)
    for part in (
        what,
        "step 20",
        "rate 0.25",
        "loss 2.4 at step 10",
        "optim.lr=0.1",
        "warmup=600",
        "clip=0.3",
    ):
        assert part in str(error.value)


def test_without_clipping_clipping_is_what_to_try(toy) -> None:
    with pytest.raises(DivergenceError, match=r"optim\.clip=1\)"):
        DivergenceWatch(toy(optim__clip=0)).look(1, math.nan, 1.0, lr=0.1)
