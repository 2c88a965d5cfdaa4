import numpy as np
import pytest

from armillary.core.hardware import accelerator
from armillary.scaling.cost import THIS_MACHINE, project_costs
from armillary.scaling.systems.calibration import UTILISATION
from armillary.scaling.systems.cluster import PUE, SERVER_OVERHEAD

A100 = accelerator("NVIDIA A100 SXM4 80GB")


@pytest.fixture(scope="module")
def costs(transformer):
    return project_costs(
        transformer, source_tokens=5e6, flops_per_second=1e10, devices=[A100, accelerator("NVIDIA B200")]
    )


def test_each_scale_keeps_the_best_tokens_per_parameter(costs, transformer):
    assert [cost.n_params for cost in costs] == pytest.approx([3e6, 3e7, 3e8])
    ratios = [cost.n_tokens.value / cost.n_params for cost in costs]
    assert ratios == pytest.approx([ratios[0]] * 3)
    sizes, tokens = transformer.split(np.array([transformer.largest_compute]))
    assert ratios[0] == pytest.approx(float(tokens[0] / sizes[0]))


def test_flop_time_energy_and_money_follow_from_each_other(costs):
    cost = costs[1]
    assert cost.train_flops.value == pytest.approx(6 * cost.n_params * cost.n_tokens.value)
    here, a100, b200 = cost.machines
    assert (here.machine, here.utilisation, here.kwh, here.usd) == (THIS_MACHINE, None, None, None)
    assert here.seconds.value == pytest.approx(cost.train_flops.value / 1e10)
    hours = cost.train_flops.value / (UTILISATION * 312e12) / 3600
    assert a100.seconds.value * a100.n_devices / 3600 == pytest.approx(hours)
    assert a100.kwh.value == pytest.approx(hours * 0.4 * SERVER_OVERHEAD * PUE)
    assert a100.usd.value == pytest.approx(hours * A100.usd_per_hour)
    assert b200.usd is None
    assert cost.epochs.value == pytest.approx(cost.n_tokens.value / 5e6)


def test_the_law_s_uncertainty_reaches_the_money(costs):
    cost = costs[0]
    tokens, usd = cost.n_tokens, cost.machines[1].usd
    assert tokens.interval.low < tokens.value < tokens.interval.high
    assert usd.interval.high / usd.value == pytest.approx(tokens.interval.high / tokens.value)
    assert cost.loss.value in cost.loss.interval


def test_far_scales_are_not_supported_and_near_ones_may_be(costs):
    assert not costs[-1].supported


def test_devices_are_added_until_a_run_takes_a_month(transformer):
    [cost] = project_costs(
        transformer, source_tokens=None, flops_per_second=None, devices=[A100], scales=[1e6]
    )
    [machine] = cost.machines
    assert machine.n_devices > 1
    assert 15 * 86400 < machine.seconds.value <= 30 * 86400
    assert machine.fits_memory == (16 * cost.n_params <= machine.n_devices * 80e9)
    assert cost.epochs is None
