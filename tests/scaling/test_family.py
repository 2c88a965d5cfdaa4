import dataclasses

import numpy as np
import pytest
from simulated import TRUTH, noisy, observations

from armillary.core.errors import FitError, RequestError, UnknownNameError
from armillary.scaling.extrapolation import extrapolate
from armillary.scaling.family import fit_families, fit_family
from armillary.scaling.laws import DataConstrained, Kaplan
from armillary.scaling.observations import Observation, Observations


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


def test_a_law_that_these_runs_cannot_have_is_refused():
    with pytest.raises(FitError, match="no run has fewer n_unique_tokens than n_tokens"):
        fit_family(observations(), law="data-constrained")
    with pytest.raises(RequestError, match="the law m1 is over x, and runs have n_params, n_tokens"):
        fit_family(observations(), law="m1")


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


def test_laws_that_the_back_test_cannot_tell_apart_are_blended():
    kaplan = Kaplan(Nc=2e9, Dc=6e9, alpha=0.12, beta=0.14)
    fit = fit_family(observations(kaplan, n_budgets=2, branch=0.004), n_draws=200)
    assert {member.law.name for member in fit.members} == {"chinchilla", "kaplan"}
    assert sum(member.weight for member in fit.members) == pytest.approx(1.0)
    assert fit.members[0].weight >= fit.members[1].weight
    at = {"n_params": 1e6, "n_tokens": 5e6}
    low, high = sorted(float(member.law(*at.values())) for member in fit.members)
    assert low < fit.expected(at)[0] < high
    assert len(fit.draws.noise) == 200
    assert set(fit.parameters()) >= {"chinchilla.E", "kaplan.alpha"}
    assert fit.back_test.law == "chinchilla + kaplan"
    assert [test.law for test in fit.alternatives] == ["power-law"]
    sizes, tokens = fit.split(np.array([1e13, 1e14]), fit.draws.laws())
    assert sizes.shape == tokens.shape == (200, 2)


def test_a_law_that_was_asked_for_has_all_the_weight():
    fit = fit_family(observations(n_budgets=2), law="kaplan", n_draws=100)
    assert [(member.law.name, member.weight) for member in fit.members] == [("kaplan", 1.0)]
    assert fit.law is fit.members[0].law


def test_repeated_data_is_fitted_by_the_law_that_knows_repeats():
    truth = DataConstrained(E=1.6, A=50.0, B=90.0, alpha=0.35, beta=0.38, R_N=5.0, R_D=6.0)
    n, d, u = (x.ravel() for x in np.meshgrid([3e4, 1e5, 3e5], [5e5, 2e6, 8e6], [1e5, 5e5], indexing="ij"))
    losses = noisy(lambda n, d: truth(n, d, u), n, d, np.random.default_rng(0), branch=0.001)
    rows = [
        Observation(n_params=a, n_tokens=b, train_flops=6 * a * b, loss=loss, n_unique_tokens=min(unique, b))
        for a, b, unique, loss in zip(*(x.tolist() for x in (n, d, u, losses)), strict=True)
    ]
    fit = fit_family(rows, n_draws=100)
    assert fit.members[0].law.name == "data-constrained"
    fresh, repeated = (
        extrapolate(fit, n_params=5e5, n_tokens=1.6e7, n_unique_tokens=unique).loss for unique in (None, 1e5)
    )
    assert repeated == pytest.approx(float(truth(5e5, 1.6e7, 1e5)), rel=0.1)
    assert fresh < repeated


@pytest.mark.parametrize("intervals", ["pair", "cluster", "residual", "profile"])
def test_intervals_are_made_as_asked(intervals):
    rows = observations(n_sizes=9, n_budgets=6, sizes=(3e4, 3e6), budgets=(1e6, 1e8))
    rows = [dataclasses.replace(row, lineage=f"{row.n_params:.0f}") for row in rows]
    fit = fit_family(rows, law="chinchilla", n_draws=100, intervals=intervals, level=0.95)
    [member] = fit.members
    assert intervals in member.intervals_by
    assert member.intervals["E"].level == 0.95
    assert fit.law.E in member.intervals["E"]
