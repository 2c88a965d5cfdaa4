"""Which lever moves a plan most per dollar."""

import math
from dataclasses import replace

import pytest

from armillary.core.errors import RequestError
from armillary.trends.levers import Workload, levers

PLAN = Workload(
    n_params=7e10,
    n_tokens=1.4e12,
    served_tokens=1e13,
    flop_per_usd=4e17,
    serving_flop_per_usd=2e17,
    usd_per_device_hour=3.0,
    usd_per_token=1e-7,
)


def a_fifth_more(_share):
    return 1.2


def a_tenth_less(_share):
    return 0.9


def effects(plan=PLAN, **options):
    options = {"price_performance": 1.4, "price_source": "stated"} | options
    return {effect.name: effect for effect in levers(plan, **options)}


def test_the_cost_of_a_plan_is_that_of_a_hand_count():
    assert PLAN.training_usd == pytest.approx(6 * 7e10 * 1.4e12 / 4e17)
    assert PLAN.serving_usd == pytest.approx(2 * 7e10 * 1e13 / 2e17)
    assert PLAN.usd == pytest.approx(1.47e6 + 1.4e5 + 7e6)


def test_each_lever_moves_what_it_should():
    found = effects(equal_loss=a_fifth_more)
    assert found["quantization"].usd_after == pytest.approx(PLAN.usd - PLAN.serving_usd * (1 - 1 / 3.25))
    assert found["quantization"].lever_usd == pytest.approx(4 * 70 / 175 * 3.0)
    assert found["sparsity"].usd_after == pytest.approx(PLAN.usd - PLAN.training_usd * 6 / 7)
    assert found["distillation"].usd_after == pytest.approx(PLAN.usd - PLAN.serving_usd * (1 - 1 / 1.6))
    assert found["distillation"].lever_usd == pytest.approx((6 * 0.6 + 2) * 7e10 * 1.4e12 / 4e17)
    assert found["data reuse"].saved_usd == pytest.approx(PLAN.data_usd * 0.75)
    assert found["cheaper hardware"].usd_after == pytest.approx(PLAN.data_usd + 8.47e6 / 1.4)
    longer = found["longer training"]
    assert longer.usd_after == pytest.approx(PLAN.training_usd + PLAN.data_usd + PLAN.serving_usd / 2)
    assert longer.lever_usd == pytest.approx(0.2 * PLAN.training_usd + 1.4 * PLAN.data_usd)
    assert longer.saved_per_usd == pytest.approx(PLAN.serving_usd / 2 / longer.lever_usd)


def test_a_model_too_large_for_its_loss_saves_training_too():
    free = effects(replace(PLAN, usd_per_token=0.0), equal_loss=a_tenth_less)["longer training"]
    assert free.lever_usd == 0.0
    assert free.usd_after == pytest.approx(0.9 * PLAN.training_usd + PLAN.serving_usd / 2)


def test_the_largest_saving_comes_first():
    saved = [effect.saved_usd for effect in levers(PLAN, price_performance=1.4, price_source="stated")]
    assert saved == sorted(saved, reverse=True)


def test_a_model_that_serves_nothing_gains_nothing_from_quantization():
    found = effects(replace(PLAN, served_tokens=0.0))
    assert found["quantization"].saved_usd < 0
    assert found["quantization"].saved_per_usd == 0.0
    assert found["distillation"].saved_usd < 0
    assert max(found.values(), key=lambda effect: effect.saved_usd).name == "sparsity"


def test_what_costs_nothing_saves_without_end_per_dollar_where_it_saves():
    found = effects(replace(PLAN, usd_per_token=0.0))
    assert found["sparsity"].saved_per_usd == math.inf
    assert found["data reuse"].saved_per_usd == 0.0
    assert "longer training" not in found


def test_every_effect_names_its_source():
    assert all(effect.source and effect.how for effect in effects(equal_loss=a_fifth_more).values())


def test_plans_and_factors_that_cannot_be_are_refused():
    with pytest.raises(RequestError, match="above zero"):
        replace(PLAN, n_params=0.0)
    with pytest.raises(RequestError, match="price-performance"):
        effects(price_performance=0.0)
