import numpy as np
import pytest

from armillary.scaling.planning.data_limit import data_limit


def test_enough_data_changes_nothing(surface):
    n_params, n_tokens = (float(x.item()) for x in surface.split(surface.law, 1e14))
    found = data_limit(surface, 1e14, 3 * n_tokens)
    assert not found.binding
    assert found.n_params.value == pytest.approx(n_params, rel=1e-4)
    assert (found.epochs.value, found.loss_increase.value) == pytest.approx((1.0, 0.0), abs=1e-9)
    assert found.equivalent_flops.value == pytest.approx(1e14, rel=1e-4)


@pytest.fixture(scope="module")
def scarce(surface):
    n_tokens = float(surface.split(surface.law, 1e14)[1].item())
    return data_limit(surface, 1e14, n_tokens / 8)


def test_a_ceiling_costs_loss_and_repeats_data(surface, scarce):
    free = float(surface.best_loss(surface.law, 1e14).item())
    assert scarce.binding
    assert scarce.epochs.value == pytest.approx(scarce.n_tokens.value / scarce.n_unique_tokens)
    assert scarce.epochs.value > 4
    assert scarce.loss.value == pytest.approx(free + scarce.loss_increase.value)
    assert scarce.equivalent_flops.value < 1e14
    assert surface.best_loss(surface.law, scarce.equivalent_flops.value).item() == pytest.approx(
        scarce.loss.value, rel=1e-6
    )


def test_repeating_beats_stopping_after_one_epoch(scarce):
    assert scarce.loss.value < scarce.one_epoch_loss.value
    assert scarce.loss.interval.high < scarce.one_epoch_loss.interval.high


def test_no_other_split_of_the_compute_is_better(surface, scarce):
    loss = surface.loss_of_repeated(surface.law, scarce.n_unique_tokens)
    sizes = scarce.n_params.value * np.geomspace(0.2, 5, 41)
    losses = loss(sizes, surface.cost.tokens(1e14, sizes))
    assert losses.min() >= scarce.loss.value - 1e-12
    assert losses.argmin() == 20


def test_a_tighter_ceiling_costs_more(surface, scarce):
    tighter = data_limit(surface, 1e14, scarce.n_unique_tokens / 3)
    assert tighter.loss.value > scarce.loss.value
    assert tighter.epochs.value > scarce.epochs.value


def test_constants_of_repeats_are_sourced(scarce):
    assert "Muennighoff et al. 2023" in scarce.source
