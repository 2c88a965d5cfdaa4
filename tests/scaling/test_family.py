import dataclasses

import numpy as np
import pytest
from simulated import TRUTH, observations

from armillary.core.errors import FitError, UnknownNameError
from armillary.scaling.family import fit_families, fit_family
from armillary.scaling.observations import Observations


def test_a_ladder_over_size_and_data_is_given_the_law_that_knows_both(transformer):
    assert transformer.law.name == "chinchilla"
    assert [member.weight for member in transformer.members] == [1.0]
    assert {test.law for test in transformer.alternatives} == {"kaplan", "power-law"}
    assert transformer.back_test.passed
    assert transformer.certificate.share_at_optimum > 0.5
    assert transformer.noise == pytest.approx(0.002, rel=0.9)
    assert "weak prior" in transformer.method
    assert transformer.largest_compute == pytest.approx(6 * 3e5 * 2e6)
    assert transformer.compute_span == pytest.approx(40)


def test_a_law_asked_for_is_fitted():
    fit = fit_family(observations(n_budgets=2), law="power-law", n_draws=100)
    assert fit.law.name == "power-law"
    assert not fit.knows_size
    sizes, tokens = fit.split(np.array([fit.largest_compute, 4 * fit.largest_compute]))
    assert sizes[1] == pytest.approx(2 * sizes[0])
    np.testing.assert_allclose(6 * sizes * tokens, [fit.largest_compute, 4 * fit.largest_compute])
    with pytest.raises(UnknownNameError, match="did you mean 'chinchilla'"):
        fit_family(observations(), law="chinchila")


def test_runs_along_one_budget_get_the_law_over_compute():
    fit = fit_family(observations(n_sizes=7, n_budgets=1, budgets=(1e6, 1e6)), n_draws=100)
    assert fit.law.name == "power-law"


def test_too_few_runs_say_how_many_are_missing():
    with pytest.raises(FitError, match="power-law has 3 parameters and there are 3 observations"):
        fit_family(observations(n_sizes=3, n_budgets=1))
    with pytest.raises(FitError, match="needs at least 6, so add 2 runs"):
        fit_family(observations(n_sizes=2, n_budgets=2), law="chinchilla")
    with pytest.raises(FitError, match="train some rungs first"):
        fit_family(())


def test_one_family_s_problem_leaves_the_others_alone():
    rows = (*observations(n_budgets=2), *observations(family="lstm", n_sizes=2, n_budgets=1))
    fits, problems = fit_families(Observations(rows=rows), n_draws=100)
    assert list(fits) == ["transformer"]
    assert list(problems) == ["lstm"]


def test_a_ladder_whose_smallest_models_follow_another_law_is_told_to_start_above_them():
    rows = [
        dataclasses.replace(row, loss=row.loss * (2.5 if row.n_params < 3.1e4 else 1.0))
        for row in observations(TRUTH, n_sizes=6, n_budgets=2)
    ]
    fit = fit_family(rows, law="chinchilla", n_draws=100)
    assert not fit.back_test.passed
    assert "without the runs of 30k parameters it passes" in fit.back_test.verdict
