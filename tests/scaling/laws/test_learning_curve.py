import numpy as np
import pytest

from armillary.scaling.laws import M1, M2, M3, M4

X = np.geomspace(1.0, 1e6, 40)


def test_the_implicit_law_solves_its_equation():
    law = M4(e=0.2, gap=0.7, d=30.0, c=0.7, a=0.6)
    loss, e0 = law(X), law.e + law.gap
    b = law.d**law.c * law.gap ** (1 - law.a)
    np.testing.assert_allclose((loss - law.e) / (e0 - loss) ** law.a, b * X**-law.c, rtol=1e-8)


@pytest.mark.parametrize("a", [0.02, 0.3, 1.0, 5.0])
def test_the_implicit_law_holds_far_from_its_middle(a):
    law = M4(e=0.1, gap=1.0, d=1.0, c=2.0, a=a)
    x = np.array([1e-300, 1e-12, 1.0, 1e12, 1e150])
    loss = law(x)
    assert np.all(np.isfinite(loss))
    assert np.all(np.diff(loss) <= 0)
    assert loss[0] == pytest.approx(1.1)
    assert loss[-1] == pytest.approx(0.1)


def test_with_a_equal_to_one_the_implicit_law_is_logistic_in_log_x():
    law = M4(e=0.1, gap=0.8, d=50.0, c=0.9, a=1.0)
    np.testing.assert_allclose(law(X), 0.1 + 0.8 / (1 + (X / 50.0) ** 0.9), rtol=1e-12)


def test_each_law_contains_the_one_before():
    np.testing.assert_allclose(M2(e=0.0, b=2.0, c=0.3)(X), M1(b=2.0, c=0.3)(X))
    np.testing.assert_allclose(M3(e=0.1, b=2.0, g=0.0, c=0.3)(X), M2(e=0.1, b=2.0, c=0.3)(X))
    bent = M4(e=0.1, gap=1e6, d=1e-20 ** (1 / 0.3) * 1e6, c=0.3, a=0.5)
    straight = M2(e=0.1, b=1e6 * bent.d**0.3, c=0.3)
    np.testing.assert_allclose(bent(X), straight(X), rtol=1e-6)  # far below e0 the bend is not felt
