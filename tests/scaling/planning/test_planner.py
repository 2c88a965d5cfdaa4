from dataclasses import replace

import numpy as np
import pytest

from armillary.scaling.extrapolation import extrapolate
from armillary.scaling.planning.plan import Budget
from armillary.scaling.planning.planner import Wishes, make_plan
from armillary.scaling.planning.request import devices_of
from armillary.scaling.planning.subject import Subject, read_subject
from armillary.scaling.planning.surface import LossSurface

FLOPS = Budget(kind="flops", amount=1e14)


@pytest.fixture(scope="module")
def plan(surface):
    return make_plan(Subject(surfaces=(surface,), fits=(surface.fit,)), FLOPS)


def test_hoffmann_s_law_answers_gopher_s_compute():
    plan = make_plan(read_subject("hoffmann"), Budget(kind="flops", amount=5.76e23))
    assert plan.n_params.value == pytest.approx(40.4e9, rel=2e-3)
    assert plan.n_tokens.value == pytest.approx(2.38e12, rel=2e-3)
    assert plan.n_params.interval is None
    assert any("without draws" in note for note in plan.notes)
    assert [regret.law for regret in plan.regret] == ["besiroglu"]


def test_a_plan_s_model_is_the_fit_s_own_split_and_extrapolation(plan, transformer):
    n_params, _ = transformer.split(np.array([1e14]))
    assert plan.n_params.value == pytest.approx(n_params[0], rel=1e-6)
    told = extrapolate(transformer, n_params=plan.n_params.value, n_tokens=plan.n_tokens.value)
    assert plan.loss.value == pytest.approx(told.loss)
    assert plan.loss.interval.low == pytest.approx(told.interval_90.low)
    assert plan.supported == told.supported


def test_intervals_are_those_of_the_draws_best_splits(plan, transformer):
    sizes, _ = transformer.split(np.array([1e14]), transformer.draws.laws())
    np.testing.assert_allclose(
        [plan.n_params.interval.low, plan.n_params.interval.high], np.quantile(sizes, [0.05, 0.95]), rtol=1e-5
    )


def test_a_higher_level_widens_the_intervals(plan, transformer):
    wide = LossSurface.of_fit(transformer, level=0.99)
    found = make_plan(Subject(surfaces=(wide,), fits=(transformer,)), FLOPS)
    assert found.n_params.interval.level == found.loss.interval.level == 0.99
    assert found.n_params.interval.low < plan.n_params.interval.low
    assert found.n_params.interval.high > plan.n_params.interval.high


def test_what_was_not_asked_for_is_not_there(plan):
    asked = (plan.lifetime, plan.data, plan.training, plan.spending, plan.next_run)
    assert asked == (None,) * 5
    assert plan.crossovers == ()


def test_a_plan_beyond_the_back_test_says_so(surface):
    found = make_plan(Subject(surfaces=(surface,), fits=(surface.fit,)), replace(FLOPS, amount=1e24))
    assert found.supported is False
    assert any("back-test does not carry" in note for note in found.notes)


def test_of_two_families_the_better_one_is_planned_and_the_crossover_told(transformer, cnn):
    subject = Subject(
        surfaces=tuple(LossSurface.of_fit(fit) for fit in (transformer, cnn)), fits=(transformer, cnn)
    )
    small = make_plan(subject, replace(FLOPS, amount=5e10))
    large = make_plan(
        subject, replace(FLOPS, amount=1e15), None, Wishes(next_run=replace(FLOPS, amount=1e13))
    )
    assert (small.law.family, large.law.family) == ("cnn", "transformer")
    assert (large.crossovers[0].before, large.crossovers[0].after) == ("cnn", "transformer")
    assert "transformer against cnn" in large.next_run.decision


def test_draws_that_never_reach_a_goal_are_counted(surface):
    deep = float(surface.draws.E.max()) * 0.999
    found = make_plan(Subject(surfaces=(surface,), fits=(surface.fit,)), Budget(kind="loss", amount=deep))
    assert any("of the law's draws no compute reaches" in note for note in found.notes)


def test_devices_add_training_and_spending(surface):
    subject = Subject(surfaces=(surface,), fits=(surface.fit,))
    found = make_plan(subject, replace(FLOPS, amount=1e19), devices_of("A100", 2))
    assert found.training.n_devices == found.spending.n_devices == 2
    assert found.spending.days.value == pytest.approx(found.training.seconds.value / 86400, rel=0.05)
