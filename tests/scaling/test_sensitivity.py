import dataclasses

import numpy as np
import pytest
from simulated import observations

from armillary.fitting.fit import fit
from armillary.fitting.objective import Huber
from armillary.scaling.family import fit_family
from armillary.scaling.laws import Chinchilla
from armillary.scaling.observations import as_table
from armillary.scaling.sensitivity import sensitivity


@pytest.fixture(scope="module")
def rows():
    clean = observations(n_sizes=8, n_budgets=7, sizes=(3e4, 3e6), budgets=(1e6, 1e8), branch=0.003)
    return (*clean[:-1], dataclasses.replace(clean[-1], loss=1.15 * clean[-1].loss, name="spoilt"))


@pytest.fixture(scope="module")
def found(rows):
    return sensitivity(fit_family(rows, law="chinchilla", n_draws=100))


def test_the_three_objectives_stand_side_by_side_at_their_optima(rows, found):
    assert [by.objective for by in found.objectives] == [
        "Huber (threshold 0.001)",
        "least squares",
        "least absolute deviation",
    ]
    table = as_table(rows)
    alone = fit(Chinchilla, table.columns, table.losses, Huber())
    assert found.objectives[0].value == pytest.approx(alone.certificate.value, rel=1e-9)
    assert found.objectives[0].parameters["alpha"] == pytest.approx(alone.law.alpha, rel=1e-6)
    assert found.objectives[0].loss == pytest.approx(found.loss)  # so many runs are fitted by it


def test_least_squares_are_led_astray_by_a_spoilt_run_and_bounded_objectives_are_not(found):
    huber, squares, absolute = (by.loss for by in found.objectives)
    assert abs(squares / huber - 1) > 5 * abs(absolute / huber - 1)


def test_a_run_left_out_is_an_exact_refit(rows, found):
    worst = found.single[0]
    kept = as_table(row for row in rows if row.name != worst.what)
    assert len(kept) == len(rows) - 1
    again = fit(Chinchilla, kept.columns, kept.losses, Huber())
    assert worst.parameters == pytest.approx(again.law.to_dict(), rel=1e-4)
    [loss] = again.predict({"n_params": found.n_params, "n_tokens": found.n_tokens})
    assert worst.loss == pytest.approx(loss, rel=1e-6)
    assert worst.change == pytest.approx(loss / found.loss - 1, rel=1e-3)


def test_the_most_influential_come_first(found):
    changes = [abs(np.log1p(run.change)) for run in found.single]
    assert len(changes) == 5
    assert changes == sorted(changes, reverse=True)


def test_groups_are_left_out_together(found):
    influential, highest, strayed = found.together
    assert set(influential.runs) == {run.what for run in found.single}
    assert len(highest.runs) == 5
    assert "spoilt" in strayed.runs


def test_the_comparison_is_at_ten_times_the_largest_compute(rows, found):
    assert found.train_flops == pytest.approx(10 * max(row.train_flops for row in rows))
    assert 6 * found.n_params * found.n_tokens == pytest.approx(found.train_flops)


def test_few_runs_say_which_objective_cannot_do_without_a_prior():
    few = sensitivity(fit_family(observations(n_budgets=2), law="chinchilla", n_draws=100))
    assert all("needs at least 3 values of n_tokens" in by.problem for by in few.objectives)
    assert len(few.single) == 5
    assert few.together[0].what == "the 2 most influential"
