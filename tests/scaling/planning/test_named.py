import math

import numpy as np
import pytest

from armillary.core.errors import UnknownNameError
from armillary.scaling.planning.named import NAMED_LAWS, named_law
from armillary.scaling.planning.surface import LossSurface


def best(name, train_flops=5.76e23):
    surface = LossSurface.of_named(named_law(name))
    return [float(x.item()) for x in surface.split(surface.law, train_flops)]


def test_hoffmann_s_unrounded_law_asks_for_40_billion_parameters_at_gopher_s_compute():
    n_params, n_tokens = best("hoffmann")
    assert n_params == pytest.approx(40.4e9, rel=2e-3)
    assert n_tokens == pytest.approx(2.38e12, rel=2e-3)


def test_rounding_makes_hoffmann_s_best_size_a_fifth_smaller_as_its_remark_says():
    assert best("hoffmann-rounded")[0] / best("hoffmann")[0] == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("name", NAMED_LAWS)
def test_splits_agree_with_hoffmann_s_equation_4(name):
    law = NAMED_LAWS[name].law
    gain = (law.alpha * law.A / (law.beta * law.B)) ** (1 / (law.alpha + law.beta))
    expected = gain * (5.76e23 / 6) ** (law.beta / (law.alpha + law.beta))
    np.testing.assert_allclose(best(name)[0], expected, rtol=1e-6)


def test_unrounded_parameters_round_to_the_printed_ones():
    exact, printed = NAMED_LAWS["hoffmann"].law, NAMED_LAWS["hoffmann-rounded"].law
    assert round(exact.A, 1) == printed.A
    assert round(exact.B, 1) == printed.B
    assert [round(x, 2) for x in (exact.E, exact.alpha, exact.beta)] == [1.69, printed.alpha, printed.beta]


def test_muennighoff_s_law_is_the_printed_one():
    law = NAMED_LAWS["muennighoff"].law
    assert (round(law.E, 2), round(law.A), round(law.B)) == (1.87, 521, 1488)
    assert math.isclose(law.alpha, 0.353, abs_tol=5e-4)
    assert law.alpha == law.beta


def test_every_law_says_where_it_stands():
    assert all("arXiv:" in named.source and named.remark for named in NAMED_LAWS.values())


def test_an_unknown_name_is_told_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'hoffmann'"):
        named_law("hofman")
