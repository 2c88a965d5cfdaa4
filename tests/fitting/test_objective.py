import numpy as np
import pytest

from armillary.core.errors import UnknownNameError
from armillary.fitting.objective import Huber, LeastAbsolute, LeastSquares, huber, objective_named


def test_huber_is_quadratic_inside_and_linear_outside():
    values = huber(np.array([-0.5, 1.0, 3.0]), 1.0)
    np.testing.assert_allclose(values, [0.125, 0.5, 2.5])


def test_least_squares_is_half_the_square_and_least_absolute_the_size():
    residuals = np.array([-2.0, 0.5])
    np.testing.assert_allclose(LeastSquares().of(residuals), [2.0, 0.125])
    np.testing.assert_allclose(LeastAbsolute().of(residuals), [2.0, 0.5])


def test_an_objective_is_found_by_name_and_an_unknown_one_is_refused():
    assert objective_named("huber") == Huber(1e-3)
    assert Huber(1e-3).description == "Huber (threshold 0.001)"
    with pytest.raises(UnknownNameError, match="did you mean 'huber'"):
        objective_named("hubber")
