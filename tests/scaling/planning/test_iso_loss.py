import numpy as np
import pytest

from armillary.scaling.planning.iso_loss import Reference, iso_loss_front, lifetime_optimum


@pytest.fixture(scope="module")
def reference(surface):
    n_params, n_tokens = (float(x.item()) for x in surface.split(surface.law, 1e14))
    return Reference(surface=surface, n_params=n_params, n_tokens=n_tokens)


def chinchilla_optimal(published, n_params):
    """Return the compute-optimal model of that size under the coefficients that Sardana et al. use."""
    found = published()
    law = found.law
    n_tokens = (law.beta * law.B / (law.alpha * law.A) * n_params**law.alpha) ** (1 / law.beta)
    return Reference(surface=found, n_params=n_params, n_tokens=n_tokens)


def test_sardana_s_example_of_13_billion_parameters_and_2_trillion_tokens_served(published):
    # Sardana et al. 2024, figure 1: 7B in place of 13B saves 1.7e22 FLOP, 17%
    found = lifetime_optimum(chinchilla_optimal(published, 13e9), 2e12)
    assert found.n_params.value == pytest.approx(7e9, rel=0.01)
    assert found.saved_flops.value == pytest.approx(1.7e22, rel=0.01)
    assert round(100 * found.saved_share.value) == 17


def test_the_lifetime_optimum_is_a_minimum_at_equal_loss(published):
    reference = chinchilla_optimal(published, 13e9)
    law, found = reference.surface.law, lifetime_optimum(reference, 2e12)
    n, d = found.n_params.value, found.n_tokens.value
    assert law(n, d) == pytest.approx(law(reference.n_params, reference.n_tokens), rel=1e-9)
    sizes = n * np.array([0.9, 1.0, 1.1])
    costs = reference.lifetime_flops(sizes, reference.tokens_at(law, sizes), 2e12)
    assert costs.argmin() == 1
    assert found.lifetime_flops.value == pytest.approx(6 * n * d + 2 * n * 2e12)


def test_without_inference_the_cheapest_model_is_the_plan_s(reference):
    found = lifetime_optimum(reference, 1.0)
    assert found.n_params.value == pytest.approx(reference.n_params, rel=1e-3)
    assert found.saved_share.value == pytest.approx(0, abs=1e-6)


def test_more_inference_asks_for_a_smaller_model(reference):
    sizes = [lifetime_optimum(reference, tokens).n_params.value for tokens in (1e6, 1e8, 1e10)]
    assert sizes == sorted(sizes, reverse=True)


def test_every_point_of_the_front_has_the_plan_s_loss_and_its_costs_add_up(reference):
    law, served = reference.surface.law, 1e8
    front = iso_loss_front(reference, served)
    assert [point.size_ratio for point in front] == sorted(point.size_ratio for point in front)
    for point in front:
        assert law(point.n_params, point.n_tokens.value) == pytest.approx(
            law(reference.n_params, reference.n_tokens), rel=1e-9
        )
        rate = float(reference.surface.cost.at(point.n_params))
        assert point.train_flops.value == pytest.approx(rate * point.n_tokens.value)
        assert point.extra_flops.value == pytest.approx(
            point.train_flops.value - reference.train_flops, abs=1e-6 * reference.train_flops
        )
        base = reference.lifetime_flops(reference.n_params, reference.n_tokens, served)
        assert point.lifetime_flops.value == pytest.approx(base + point.extra_flops.value - point.saved_flops)


def test_extra_training_is_paid_back_at_the_break_even(reference):
    point = next(point for point in iso_loss_front(reference, 0.0) if point.size_ratio == 0.75)
    tokens = point.break_even_tokens.value
    plan = reference.lifetime_flops(reference.n_params, reference.n_tokens, tokens)
    small = reference.lifetime_flops(point.n_params, point.n_tokens.value, tokens)
    assert small == pytest.approx(plan, rel=1e-9)


def test_the_plan_itself_is_on_the_front_without_rounding(reference):
    same = next(point for point in iso_loss_front(reference, 0.0) if point.size_ratio == 1)
    assert same.n_tokens.interval.low == same.n_tokens.interval.high == reference.n_tokens
    assert same.extra_flops.value == 0.0
    assert same.break_even_tokens is None


def test_sizes_that_never_reach_the_loss_are_left_out(reference):
    assert iso_loss_front(reference, 0.0, ratios=(1e-4, 1.0))[0].size_ratio == 1.0


def test_intervals_hold_the_value_and_widen_away_from_the_plan(reference):
    front = {point.size_ratio: point for point in iso_loss_front(reference, 0.0)}
    assert all(point.n_tokens.value in point.n_tokens.interval for point in front.values())
    widths = [np.log(front[r].n_tokens.interval.high / front[r].n_tokens.interval.low) for r in (1.5, 2.0)]
    assert widths[0] < widths[1]
