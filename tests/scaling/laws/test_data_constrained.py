import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.scaling.laws import Chinchilla, DataConstrained
from armillary.scaling.laws.data_constrained import effective_tokens

C4 = DataConstrained(E=1.87, A=521.0, B=1488.0, alpha=0.353, beta=0.353, R_N=5.31, R_D=15.39)
FRESH = Chinchilla(E=1.87, A=521.0, B=1488.0, alpha=0.353, beta=0.353)
COUNT = st.floats(1e3, 1e15)


def test_four_epochs_are_nearly_as_good_as_fresh_data_and_many_are_worth_sixteen():
    assert effective_tokens(1e9, 4e9, 15.39) / 4e9 == pytest.approx(0.93, abs=0.01)  # by hand: 1 + 2.725
    assert effective_tokens(1e9, 1e13, 15.39) == pytest.approx(16.39e9)


@given(COUNT, COUNT, st.floats(1.0, 50.0))
def test_repeats_are_worth_something_but_less_than_fresh_tokens(n_unique, n_tokens, r_star):
    worth = effective_tokens(n_unique, n_tokens, r_star)
    assert min(n_unique, n_tokens) * (1 - 1e-12) <= worth <= n_tokens * (1 + 1e-12)
    assert worth <= n_unique * (1 + r_star) * (1 + 1e-12)


def test_without_repeats_and_excess_it_is_chinchilla_s_law():
    n, d = np.geomspace(1e6, 1e8, 5), np.full(5, 2e10)
    assert (n < C4.optimal_size(d)).all()
    np.testing.assert_allclose(C4(n, d), FRESH(n, d))
    np.testing.assert_allclose(C4(n, d, 10 * d), FRESH(n, d))


def test_the_size_that_unique_data_can_use_is_the_compute_optimal_one():
    best = C4.optimal_size(1e10)
    for factor in (0.9, 1.1):
        assert FRESH(factor * best, 1e10 / factor) > FRESH(best, 1e10)


def test_more_parameters_than_the_data_can_use_help_less_than_they_would_with_more_data():
    best = C4.optimal_size(1e8)
    assert FRESH(30 * best, 1e8) < C4(30 * best, 1e8, 1e8) < C4(best, 1e8, 1e8)


def test_tokens_and_unique_tokens_keep_one_unit():
    with pytest.raises(ValueError, match="unique ones of 2"):
        C4.in_units(1.0, 1.0, 2.0)
