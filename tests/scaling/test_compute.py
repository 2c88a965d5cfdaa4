import numpy as np
import pytest
from simulated import observations

from armillary.scaling.compute import FlopsPerToken, golden_section, optimal_split
from armillary.scaling.laws import Chinchilla

SIX = FlopsPerToken(slope=6.0, offset=0.0)
# Approach 3 of Hoffmann et al. 2022 with the digits that their LaTeX source gives.
HOFFMANN = Chinchilla(
    E=float(np.exp(0.5267228)),
    A=float(np.exp(6.0073404)),
    B=float(np.exp(6.0179186)),
    alpha=0.33917084,
    beta=0.2849083,
)


def test_hoffmann_s_law_splits_gopher_s_budget_as_known():
    n_params, n_tokens = optimal_split(HOFFMANN, SIX, np.array([5.76e23]), start=1e11)
    assert n_params[0] == pytest.approx(40.4e9, rel=5e-3)
    assert n_tokens[0] == pytest.approx(2.38e12, rel=5e-3)


def test_the_search_agrees_with_the_closed_form():
    compute = np.geomspace(1e18, 1e24, 7)
    law = Chinchilla(E=1.7, A=480.0, B=2100.0, alpha=0.35, beta=0.37)
    n_params, n_tokens = optimal_split(law, SIX, compute, start=1e8)
    gain = (law.alpha * law.A / (law.beta * law.B)) ** (1 / (law.alpha + law.beta))  # equation 4
    expected = gain * (compute / 6) ** (law.beta / (law.alpha + law.beta))
    np.testing.assert_allclose(n_params, expected, rtol=1e-6)
    np.testing.assert_allclose(6 * n_params * n_tokens, compute, rtol=1e-9)


def test_every_draw_gets_its_own_split():
    laws = Chinchilla.from_theta(np.stack([HOFFMANN.theta(), HOFFMANN.theta() + 0.01]))
    n_params, n_tokens = optimal_split(laws, SIX, np.array([1e20, 1e21]), start=1e9)
    assert n_params.shape == n_tokens.shape == (2, 2)
    alone, _ = optimal_split(HOFFMANN, SIX, np.array([1e20, 1e21]), start=1e9)
    np.testing.assert_allclose(n_params[0], alone, rtol=1e-6)


def test_compute_that_tokens_cost_besides_size_moves_the_best_size():
    heads = FlopsPerToken(slope=6.0, offset=6e9)
    n_params, n_tokens = optimal_split(HOFFMANN, heads, np.array([1e21]), start=1e9)
    np.testing.assert_allclose(heads.at(n_params) * n_tokens, 1e21)
    sizes = n_params * np.array([0.8, 1.0, 1.25])
    losses = HOFFMANN(sizes, heads.tokens(1e21, sizes))
    assert losses.argmin() == 1


def test_flop_per_token_are_measured_as_a_line_over_size():
    rows = observations(flops=6.0)
    assert FlopsPerToken.measured(rows).slope == pytest.approx(6.0)
    moved = [_with_compute(row, (7 * row.n_params + 5e4) * row.n_tokens) for row in rows]
    line = FlopsPerToken.measured(moved)
    assert (line.slope, line.offset) == pytest.approx((7.0, 5e4))


def test_one_size_gives_a_proportional_rate():
    rows = observations(n_sizes=1, sizes=(1e5, 1e5), flops=7.0)
    rate = FlopsPerToken.measured(rows)
    assert (rate.slope, rate.offset) == pytest.approx((7.0, 0.0))


def _with_compute(row, train_flops):
    return type(row)(**(vars(row) | {"train_flops": train_flops}))


def test_a_far_start_finds_the_same_split():
    near, far = (optimal_split(HOFFMANN, SIX, np.array([5.76e23]), start=start)[0] for start in (4e10, 4e3))
    np.testing.assert_allclose(near, far, rtol=1e-6)


def test_compute_may_differ_from_draw_to_draw():
    laws = Chinchilla.from_theta(np.stack([HOFFMANN.theta(), HOFFMANN.theta()]))
    n_params, _ = optimal_split(laws, SIX, np.array([[1e20], [1e21]]), start=1e9)
    alone, _ = optimal_split(HOFFMANN, SIX, np.array([1e20, 1e21]), start=1e9)
    np.testing.assert_allclose(n_params[:, 0], alone, rtol=1e-6)


def test_golden_section_finds_each_row_s_minimum():
    places = np.array([[-3.0], [0.5], [7.0]])
    found = golden_section(lambda x: np.cosh(x - places), np.array([-10.0]), np.array([12.0]))
    np.testing.assert_allclose(found, places, atol=1e-7)
