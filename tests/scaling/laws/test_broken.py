import numpy as np
import pytest

from armillary.fitting.fit import fit
from armillary.fitting.objective import LeastSquares
from armillary.scaling.laws import Broken1, Broken2, Broken3

X = np.geomspace(1.0, 1e5, 60)
ONE = Broken1(a=0.2, b=0.9, c0=0.05, c1=0.5, d1=300.0, f1=0.4)


def test_the_law_is_the_paper_s_formula():
    a, b, c0, c1, d1, f1 = ONE.to_dict().values()
    np.testing.assert_allclose(ONE(X), a + b * X**-c0 * (1 + (X / d1) ** (1 / f1)) ** (-c1 * f1), rtol=1e-12)


def test_the_exponent_goes_from_c0_to_c0_plus_c1():
    def exponent(x):
        ends = np.array([x, x * 1.001])
        return -np.diff(np.log(ONE(ends) - ONE.a))[0] / np.log(1.001)

    assert exponent(1e-3) == pytest.approx(0.05, abs=1e-4)
    assert exponent(1e9) == pytest.approx(0.55, abs=1e-4)


def test_a_break_without_a_change_of_slope_changes_nothing():
    more = {"c2": 0.0, "d2": 10.0, "f2": 0.3}
    two = Broken2(**ONE.to_dict(), **more)
    np.testing.assert_allclose(two(X), ONE(X))
    np.testing.assert_allclose(Broken3(**two.to_dict(), c3=0.0, d3=1.0, f3=1.0)(X), ONE(X))


def test_sharp_breaks_far_away_do_not_overflow():
    law = Broken1(a=0.2, b=0.9, c0=0.1, c1=-0.1, d1=1e-150, f1=1e-3)
    assert np.all(np.isfinite(law(X)))
    assert all(np.all(np.isfinite(slope)) for slope in law.gradient(X))


def test_two_breaks_are_found_in_whichever_order():
    truth = Broken2(**ONE.to_dict(), c2=-0.3, d2=8000.0, f2=0.5)
    found = fit(Broken2, {"x": X}, truth(X), LeastSquares()).law
    breaks = sorted([(found.d1, found.c1), (found.d2, found.c2)])
    np.testing.assert_allclose(breaks, [(300.0, 0.5), (8000.0, -0.3)], rtol=1e-4)
