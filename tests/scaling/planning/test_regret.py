import pytest

from armillary.scaling.planning.regret import regret_over_draws, regret_under, robust_choices


def split(surface, train_flops):
    return tuple(float(x.item()) for x in surface.split(surface.law, train_flops))


@pytest.fixture(scope="module")
def rivals(published):
    return published(name="one"), published(B=2085.0, beta=0.366, name="two")


def test_a_right_law_is_not_regretted(published):
    found = published()
    regret = regret_under(split(found, 1e22), found)
    assert regret.loss_increase == pytest.approx(0, abs=1e-12)
    assert regret.wasted_share == pytest.approx(0, abs=1e-5)


def test_a_wrong_law_s_regret_is_the_loss_and_compute_that_the_right_one_saves(rivals):
    one, two = rivals
    plan = split(one, 1e22)
    regret = regret_under(plan, two)
    best = split(two, 1e22)
    assert (regret.n_params, regret.n_tokens) == pytest.approx(best)
    assert regret.loss_increase == pytest.approx(two.law(*plan) - two.law(*best), rel=1e-6)
    assert regret.loss_increase > 0
    enough = split(two, (1 - regret.wasted_share) * 1e22)
    assert two.law(*enough) == pytest.approx(two.law(*plan), rel=1e-9)


def test_draws_are_regretted_a_little_and_by_hand(surface):
    plan = split(surface, 1e15)
    found = regret_over_draws(plan, surface)
    losses = surface.loss_of(surface.draws)(*plan) - surface.best_loss(surface.draws, 1e15)
    assert found.expected_loss_increase == pytest.approx(losses.mean(), rel=1e-6)
    assert 0 < found.expected_loss_increase < found.loss_increase_90
    assert 0 < found.expected_wasted_share < found.wasted_share_90 < 1


def test_a_law_without_draws_has_none_to_regret(published):
    assert regret_over_draws(split(published(), 1e22), published()) is None


def test_minimax_regret_equalises_the_two_laws(rivals):
    one, two = rivals
    [choice] = robust_choices(split(one, 1e22), one, [two])
    model = (choice.n_params, choice.n_tokens)
    under = [regret_under(model, law).loss_increase for law in rivals]
    assert under[0] == pytest.approx(under[1], rel=0.1)
    assert choice.regret == pytest.approx(max(under), rel=1e-6)
    assert choice.regret < choice.plan_regret
    assert choice.over == ("one", "two")


def test_the_least_expected_regret_is_no_more_than_the_plan_s(surface):
    plan = split(surface, 1e15)
    [choice] = robust_choices(plan, surface, [])
    assert choice.criterion == "expected regret"
    assert choice.regret <= choice.plan_regret
    assert choice.plan_regret == pytest.approx(
        regret_over_draws(plan, surface).expected_loss_increase, rel=1e-6
    )
    assert 6 * choice.n_params * choice.n_tokens == pytest.approx(1e15)
