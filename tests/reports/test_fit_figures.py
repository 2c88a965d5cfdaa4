import numpy as np
import pytest

from armillary.reports.fit_figures import MOST, budgets, equal_data, valleys


def test_budgets_are_the_amounts_that_most_sizes_were_trained_with():
    amounts = [1e12] * 3 + [1e13] * 4 + [1e14] * 3 + [5e13]
    sizes = [1, 2, 3, 1, 2, 3, 4, 1, 2, 3, 9]
    assert budgets(amounts, sizes) == pytest.approx([1e12, 1e13, 1e14])


def test_without_shared_amounts_budgets_are_spread_over_the_range():
    amounts = np.geomspace(1, 1e6, 9).tolist()
    found = budgets(amounts, amounts)
    assert found[0] == pytest.approx(1)
    assert found[-1] == pytest.approx(1e6)
    assert np.diff(np.log(found)) == pytest.approx(np.log(1e2))


def test_one_amount_is_one_budget_and_many_are_at_most_six():
    assert budgets([7.0, 7.0], [1, 2]) == pytest.approx([7.0])
    amounts = np.repeat(np.geomspace(1, 1e12, 13), 3).tolist()
    assert len(budgets(amounts, [1, 2, 3] * 13)) == MOST


def test_a_valley_is_lowest_at_its_best_size_and_holds_its_runs(isoflop_fit):
    curves = valleys(isoflop_fit)
    assert [c.budget for c in curves] == pytest.approx([1e12, 1e13, 1e14])
    for curve in curves:
        assert curve.n_params[curve.loss.argmin()] == pytest.approx(curve.best.value)
        assert curve.best_loss == curve.loss.min()
        assert curve.best.value in curve.best.interval
        assert [row.train_flops for row in curve.runs] == pytest.approx([curve.budget] * 5)
    assert np.all(np.diff([c.best.value for c in curves]) > 0)


def test_at_equal_data_loss_falls_with_size_and_with_data(fits):
    curves = equal_data(fits[0])
    for curve in curves:
        assert np.all(np.diff(curve.loss) < 0)
        assert len(curve.interval) == len(curve.loss)
    assert np.all(np.diff([c.loss[0] for c in curves]) < 0)
