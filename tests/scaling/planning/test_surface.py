import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import observations

from armillary.core.errors import FitError
from armillary.scaling.family import fit_family
from armillary.scaling.laws import Chinchilla
from armillary.scaling.planning.surface import LossSurface, interval_with_infinity, solve_rising

exponents = st.floats(0.2, 0.6)
coefficients = st.floats(10.0, 5000.0)


def size(surface, train_flops):
    return float(surface.split(surface.law, train_flops)[0].item())


@settings(max_examples=25, deadline=None)
@given(coefficients, coefficients, exponents, exponents, st.floats(18, 26))
def test_the_split_is_hoffmann_s_closed_form(published, A, B, alpha, beta, decades):
    found = published(A=A, B=B, alpha=alpha, beta=beta)
    gain = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    expected = gain * (10**decades / 6) ** (beta / (alpha + beta))
    if 1e4 < expected < 1e15:  # what is within reach of the search
        assert size(found, 10**decades) == pytest.approx(expected, rel=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 10.0), st.floats(0.01, 100.0))
def test_units_of_loss_and_of_size_change_nothing(published, loss_unit, size_unit):
    plain, c = published(), 1e22
    louder = published(E=1.69 * loss_unit, A=406.4 * loss_unit, B=410.7 * loss_unit)
    assert size(louder, c) == pytest.approx(size(plain, c), rel=1e-5)
    # N counted in units of size_unit: A N^-alpha is the same term, and so many FLOP buy as many of them
    counted = published(A=406.4 * size_unit**-0.336)
    assert size(counted, c / size_unit) * size_unit == pytest.approx(size(plain, c), rel=1e-5)


def test_rows_in_another_order_give_the_same_plan(surface):
    rows = observations(n_budgets=2)
    shuffled = [rows[i] for i in np.random.default_rng(3).permutation(len(rows))]
    other = LossSurface.of_fit(fit_family(shuffled, n_draws=200))
    assert size(other, 1e15) == pytest.approx(size(surface, 1e15), rel=1e-5)


def test_compute_for_a_loss_is_the_inverse_of_the_best_loss(surface, published):
    for found in (surface, published()):
        needed = found.compute_for(found.law, found.best_loss(found.law, 1e16))
        assert needed.item() == pytest.approx(1e16, rel=1e-5)
    drawn = surface.compute_for(surface.draws, surface.best_loss(surface.draws, 1e14))
    np.testing.assert_allclose(drawn, 1e14, rtol=1e-5)


def test_a_loss_that_is_out_of_reach_takes_compute_and_models_without_end(published):
    found = published()
    assert np.isinf(found.compute_for(found.law, 1.6)).all()
    assert np.isinf(found.split(found.law, np.inf)[0]).all()


def test_the_size_for_some_tokens_is_where_both_marginal_gains_are_equal(published):
    found, law = published(), published().law
    n = float(found.size_for(found.law, 1e12).item())
    assert law.alpha * law.A * n**-law.alpha == pytest.approx(law.beta * law.B * 1e12**-law.beta, rel=1e-5)


def test_repeats_count_as_muennighoff_s_law_has_it(published):
    found = published(E=1.87, A=521.0, B=1488.0, alpha=0.353, beta=0.353)
    n, d, unique = 20e9, 5e11, 1e11
    repeats, useful = d / unique - 1, (521.0 / 1488.0) ** (1 / 0.353) * unique
    data = unique + unique * 15.387756 * (1 - np.exp(-repeats / 15.387756))
    size_ = useful + useful * 5.309743 * (1 - np.exp(-(n / useful - 1) / 5.309743))
    expected = 1.87 + 521.0 * size_**-0.353 + 1488.0 * data**-0.353
    assert found.loss_of_repeated(found.law, unique)(n, d) == pytest.approx(expected, rel=1e-6)


def test_a_law_over_repeated_data_brings_its_own_constants(transformer, published):
    from armillary.scaling.laws.data_constrained import DataConstrained

    law = DataConstrained(E=1.6, A=50.0, B=90.0, alpha=0.35, beta=0.38, R_N=3.0, R_D=7.0)
    once = published().loss_of_repeated(law, 1e6)
    assert once(1e5, 4e6) == pytest.approx(law(1e5, 4e6, 1e6))


def test_a_law_over_compute_alone_has_no_plan():
    fit = fit_family(observations(n_budgets=2), "power-law", n_draws=100)
    with pytest.raises(FitError, match="power-law is over train_flops and knows no best size"):
        LossSurface.of_fit(fit)


def test_answers_have_the_draws_interval_and_median(surface, published):
    told = surface.ask(lambda law: surface.split(law, 1e15)[0])
    drawn = surface.split(surface.draws, 1e15)[0]
    assert told.interval.low == pytest.approx(np.quantile(drawn, 0.05))
    assert told.median == pytest.approx(np.median(drawn))
    bare = published().ask(lambda law: published().split(law, 1e22)[0])
    assert (bare.median, bare.interval) == (None, None)


def test_an_interval_may_have_no_upper_end():
    interval = interval_with_infinity(np.array([1.0, 2.0, 3.0, np.inf]), 0.9)
    assert (interval.low, interval.high) == (1.0, np.inf)


def test_roots_are_found_row_by_row():
    targets = np.array([[2.0], [-5.0], [1e9]])
    found = solve_rising(lambda x: np.tanh(x - targets), np.zeros((3, 1)))
    np.testing.assert_allclose(found[:2], targets[:2], atol=1e-12)
    assert np.isinf(found[2])


def test_chinchilla_is_what_fixtures_mean(surface):
    assert isinstance(surface.draws, Chinchilla)
    assert surface.facts.n_draws == 200
