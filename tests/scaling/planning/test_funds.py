import numpy as np
import pytest

from armillary.core.errors import RequestError
from armillary.core.hardware import accelerator
from armillary.scaling.planning.funds import Funds
from armillary.scaling.planning.plan import Budget
from armillary.scaling.planning.spending import Devices

A100 = Devices(accelerator=accelerator("A100"), n_devices=2)


def test_compute_is_known_exactly_and_the_model_is_not(surface):
    funds = Funds.of(surface, Budget(kind="flops", amount=1e15), None)
    assert funds.quantity.interval.low == funds.quantity.interval.high == 1e15
    n_params, n_tokens = funds.split()
    assert n_params.interval.low < n_params.value < n_params.interval.high
    assert 6 * n_params.value * n_tokens.value == pytest.approx(1e15)


def test_a_loss_is_reached_at_uncertain_compute(surface):
    funds = Funds.of(surface, Budget(kind="loss", amount=2.2), None)
    n_params, n_tokens = funds.split()
    assert surface.law(n_params.value, n_tokens.value) == pytest.approx(2.2, rel=1e-6)
    assert funds.quantity.interval.high > 1.2 * funds.quantity.interval.low


def test_a_loss_below_the_irreducible_one_is_refused_with_where_it_ends(published):
    with pytest.raises(
        RequestError, match=r"no compute reaches a loss of 1.6 under published, which ends at 1.69"
    ):
        Funds.of(published(), Budget(kind="loss", amount=1.6), None)


def test_the_law_s_uncertainty_of_compute_goes_on_into_money(surface):
    funds = Funds.of(surface, Budget(kind="loss", amount=2.2), A100)
    n_params, n_tokens = (each.value for each in funds.split())
    spent = funds.spending(A100.train(n_params, n_tokens))
    exact = Funds.of(surface, Budget(kind="flops", amount=funds.point), A100)
    sure = exact.spending(A100.train(n_params, n_tokens))

    def width(quantity):
        return np.log(quantity.interval.high / quantity.interval.low)

    assert sure.usd.value == pytest.approx(spent.usd.value, rel=1e-6)
    assert width(spent.usd) > width(funds.quantity)  # the law's, and the step time's besides
    assert width(spent.usd) > width(sure.usd) > 0
    assert width(spent.usd) < width(funds.quantity) + width(sure.usd)


def test_money_is_spent_as_given_and_buys_uncertain_compute(surface):
    funds = Funds.of(surface, Budget(kind="usd", amount=2000), A100)
    training = A100.train(*(each.value for each in funds.split()))
    spent = funds.spending(training)
    assert 1600 < spent.usd.value < 2000 * 1.002  # rates jump where sizes divide well
    assert spent.usd.interval.low == spent.usd.interval.high
    assert funds.quantity.interval.low < funds.point < funds.quantity.interval.high


def test_twice_the_days_buy_about_twice_the_compute(published):
    one, two = (Funds.of(published(), Budget(kind="days", amount=days), A100).point for days in (2, 4))
    assert two / one == pytest.approx(2, rel=0.25)


def test_time_is_bought_of_a_device(surface):
    with pytest.raises(RequestError, match="of which device"):
        Funds.of(surface, Budget(kind="usd", amount=10), None)


@pytest.mark.parametrize("amount", [0.0, -1.0, float("inf"), float("nan")])
def test_a_budget_is_above_zero(surface, amount):
    with pytest.raises(RequestError, match="has to be above zero"):
        Funds.of(surface, Budget(kind="flops", amount=amount), None)
