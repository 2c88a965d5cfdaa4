from dataclasses import replace

import numpy as np
import pytest

from armillary.core.errors import ConfigError, RequestError
from armillary.core.hardware import accelerator
from armillary.fitting.uncertainty import Estimate, Interval
from armillary.scaling.planning.plan import Budget
from armillary.scaling.planning.spending import (
    Devices,
    compute_for_hours,
    factor_draws,
    hours_of,
    hours_per_flop,
    relative,
    spending,
)

A100 = accelerator("A100")


def test_days_and_money_come_to_device_hours():
    devices = Devices(accelerator=A100, n_devices=8)
    assert devices.hours(Budget(kind="days", amount=30)) == 30 * 24 * 8
    assert devices.hours(Budget(kind="usd", amount=1e6)) == pytest.approx(1e6 / A100.usd_per_hour)


def test_money_needs_a_price_and_days_a_number_of_devices():
    with pytest.raises(RequestError, match="give --devices"):
        Devices(accelerator=A100).hours(Budget(kind="days", amount=30))
    priceless = Devices(accelerator=replace(A100, usd_per_hour=None), n_devices=8)
    with pytest.raises(RequestError, match=r"no price of .* is known; give --flops or --days"):
        priceless.hours(Budget(kind="usd", amount=1e6))


def test_a_number_of_devices_that_is_left_open_finishes_within_thirty_days():
    found = Devices(accelerator=A100).train(5e8, 1e10)
    assert found.seconds.value <= 30 * 86400
    assert found.n_devices & (found.n_devices - 1) == 0  # a power of two
    assert Devices(accelerator=A100).for_hours(8 * 720) == 8


def test_hours_buy_the_compute_that_takes_them():
    devices = Devices(accelerator=A100, n_devices=8)
    compute, spread = compute_for_hours(
        devices, 720.0, lambda flop: ((flop / 120) ** 0.5, (flop / 0.3) ** 0.5)
    )
    found = devices.train((compute / 120) ** 0.5, (compute / 0.3) ** 0.5)
    assert 0.8 * 720 < compute * hours_per_flop(found) < 720 * 1.002
    assert spread.value == pytest.approx(1.0)
    assert spread.interval.low < 1 < spread.interval.high


def test_a_factor_is_drawn_with_its_interval():
    spread = Estimate(value=1.0, interval=Interval(low=0.8, high=2.0))
    drawn = factor_draws(spread, 20_000)
    np.testing.assert_allclose(np.quantile(drawn, [0.05, 0.5, 0.95]), [0.8, 1.0, 2.0], rtol=0.02)


def test_what_training_takes_follows_its_hours():
    devices = Devices(accelerator=A100, n_devices=8)
    training = devices.train(5e8, 1e10)
    found = spending(training, 1000.0, np.array([500.0, 1000.0, 4000.0]))
    assert found.days.value == pytest.approx(1000 / 24 / 8)
    assert found.usd.value == pytest.approx(1000 * A100.usd_per_hour)
    assert found.kwh.value == pytest.approx(training.cluster.kwh(1000.0))
    assert found.device_hours.median == 1000.0
    assert found.usd_per_hour == A100.usd_per_hour


def test_twice_the_compute_takes_twice_the_hours_draw_by_draw():
    devices = Devices(accelerator=A100, n_devices=8)
    training = devices.train(5e8, 1e10)
    flops, sizes = np.full(500, training.flops_6nd.value), np.full(500, 5e8)
    once = hours_of(devices, training, flops, sizes)
    np.testing.assert_allclose(hours_of(devices, training, 2 * flops, sizes), 2 * once)
    assert np.median(once) == pytest.approx(training.device_hours.value, rel=0.1)


def test_a_loss_that_no_compute_reaches_takes_hours_without_end():
    devices = Devices(accelerator=A100, n_devices=8)
    training = devices.train(5e8, 1e10)
    hours = hours_of(devices, training, np.array([5.9e21, 6e21, np.inf]), np.array([5e8, 5e8, np.inf]))
    assert np.isinf(hours[2])
    assert np.isfinite(hours[:2]).all()


def test_relative_estimates_are_about_one():
    told = relative(Estimate(value=10.0, interval=Interval(low=5.0, high=30.0)))
    assert (told.value, told.interval.low, told.interval.high) == pytest.approx((1.0, 0.5, 3.0))


def test_a_model_without_a_shape_is_not_looked_for_on_more_and_more_devices():
    with pytest.raises(ConfigError, match="no decoder"):
        Devices(accelerator=A100).train(1e5, 1e6)


def test_hours_that_only_a_model_too_large_would_spend_are_refused():
    with pytest.raises(RequestError, match="does not fit"):
        compute_for_hours(Devices(accelerator=A100, n_devices=1), 1e6, lambda flop: (1e12, flop / 6e12))
