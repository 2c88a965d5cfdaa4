import itertools
import math

import pytest

from armillary.core.errors import ConfigError
from armillary.scaling.systems.calibration import PUBLISHED, Calibration
from armillary.scaling.systems.cluster import Cluster
from armillary.scaling.systems.estimates import within
from armillary.scaling.systems.layout import Layout
from armillary.scaling.systems.training import plan_training

CLUSTER = Cluster.of("a100", 1024)


def at_rate(flops_per_second):
    """Return a calibration to devices that sustain so much of an A100's peak."""
    return Calibration(
        slowdown=312e12 / flops_per_second, spread=1e-9, basis="peak", n_measured=1, source="a paper"
    )


@pytest.mark.parametrize(
    ("n_params", "n_tokens", "devices", "rate", "days"),
    [(175e9, 300e9, 1024, 140e12, 34), (1008e9, 450e9, 3072, 163e12, 84)],
)
def test_days_are_those_of_narayanan(n_params, n_tokens, devices, rate, days):
    """Section 5.1 of arXiv:2104.04473: t = 8 T P / (n X), of which 2 T P recompute the forward pass."""
    planned = plan_training(
        n_params, n_tokens, Cluster.of("a100", devices), calibration=at_rate(rate * 6 / 8)
    )
    assert planned.days.value == pytest.approx(days, rel=0.005)


def test_time_energy_and_money_follow_from_each_other(gpt):
    shape = gpt(4096, 32, 32)
    planned = plan_training(shape, 1e12, CLUSTER)
    flops = 1e12 * shape.training_flops_per_token()
    assert planned.train_flops.value == pytest.approx(flops)
    assert planned.flops_6nd.value == pytest.approx(6 * shape.n_params * 1e12)
    assert planned.seconds.value == pytest.approx(planned.steps.value * planned.step_seconds.value)
    assert planned.utilisation.value == pytest.approx(flops / planned.seconds.value / (1024 * 312e12))
    hours = planned.seconds.value * 1024 / 3600
    assert planned.device_hours.value == pytest.approx(hours)
    assert planned.kwh.value == pytest.approx(hours * 0.4 * 1.6 * 1.2)
    assert planned.usd.value == pytest.approx(hours * 2.93)
    assert planned.step_seconds.value == pytest.approx(PUBLISHED.slowdown * planned.step.total)


def test_uncertain_tokens_and_uncertain_speed_both_reach_the_money():
    exact = plan_training(7e9, 1e12, CLUSTER)
    vague = plan_training(7e9, within(1e12, 0.4), CLUSTER)
    assert vague.usd.value == pytest.approx(exact.usd.value)
    spread = math.log(vague.usd.interval.high / vague.usd.value) / 1.6448536
    assert spread == pytest.approx(math.hypot(0.4, exact.calibration.spread), rel=1e-6)
    assert exact.train_flops.interval.low == exact.train_flops.value


def test_published_runs_lie_within_the_interval():
    """LLaMA 65B took 1,022,362 device-hours (arXiv:2302.13971, table 15)."""
    planned = plan_training(65.2e9, 1.4e12, Cluster.of("a100", 2048))
    assert 1_022_362 in planned.device_hours.interval
    assert planned.device_hours.value == pytest.approx(1_022_362, rel=0.2)


def test_a_number_of_parameters_is_planned_with_6nd_and_says_so():
    planned = plan_training(7e9, 1e11, CLUSTER)
    assert planned.train_flops == planned.flops_6nd
    assert planned.n_params == 7e9
    assert any("6 N D; the shape is made up" in note for note in planned.notes)


def test_time_grows_with_parameters_though_made_up_shapes_come_in_steps():
    """The made-up shape is off by a few percent, and the time is scaled to the size that was asked for."""
    sizes = [1.40e9 * 1.02**i for i in range(8)]
    hours = [plan_training(n, 1e11, Cluster.of("a100", 8)).device_hours.value for n in sizes]
    assert all(1.0 < later / earlier < 1.06 for earlier, later in itertools.pairwise(hours))


def test_a_layout_that_is_given_is_kept_even_when_it_does_not_fit(gpt):
    layout = Layout(data=1024, global_batch=1024)
    planned = plan_training(gpt(12288, 96, 96), 3e11, CLUSTER, layout=layout)
    assert planned.layout == layout
    assert not planned.memory.fits
    assert any("does not fit the memory" in note for note in planned.notes)


def test_layouts_for_other_clusters_are_refused(gpt):
    layout = Layout(data=8, global_batch=8)
    with pytest.raises(ConfigError, match="for 8 devices and there are 1024"):
        plan_training(gpt(1024, 16, 24), 1e9, CLUSTER, layout=layout)
    with pytest.raises(ConfigError, match="a batch of 8 and global_batch is 16"):
        plan_training(gpt(1024, 16, 24), 1e9, Cluster.of("a100", 8), layout=layout, global_batch=16)


def test_what_is_not_known_is_not_made_up():
    planned = plan_training(7e9, 1e11, Cluster.of("tpu v5p", 64))
    assert (planned.kwh, planned.usd) == (None, None)
    assert sum("not known" in note or "No price" in note for note in planned.notes) == 2
