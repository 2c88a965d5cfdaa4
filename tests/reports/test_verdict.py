from dataclasses import replace

import pytest

from armillary.fitting.uncertainty import Interval
from armillary.reports import numbers, verdict
from armillary.reports.words import Words

EN = Words("en")


def changed(analysis, name, **changes):
    families = [replace(f, **changes) if f.family == name else f for f in analysis.families]
    return replace(analysis, families=tuple(families))


@pytest.fixture
def leader(analysis):
    return verdict.leader(analysis)


def test_the_leader_is_the_family_with_a_model_held_out(analysis, leader):
    assert leader.family == "transformer"
    other = replace(analysis, comparison=replace(analysis.comparison, winner="lstm"))
    assert verdict.leader(other).family == "transformer"
    assert verdict.leader(changed(other, "transformer", checks=())).family == "lstm"


def test_a_prediction_inside_its_interval_held(analysis):
    judged = verdict.judge(analysis, EN)
    [check] = verdict.leader(analysis).checks
    predicted, measured = f"{check.extrapolation.loss:.3f}", f"{check.measured:.3f}"
    assert judged.status == "held"
    assert judged.headline == f"The prediction held: {predicted} predicted, {measured} measured."
    assert f"<b>{numbers.signed_percent(check.error)}</b>" in judged.lede
    assert judged.advice == []


def test_a_prediction_outside_its_interval_missed(analysis, leader):
    [check] = leader.checks
    claim = replace(check.extrapolation, interval_90=Interval(low=2.0, high=2.1), advice="narrow it")
    missed = replace(check, extrapolation=claim, inside=False)
    judged = verdict.judge(changed(analysis, "transformer", checks=(missed,)), EN)
    assert judged.status == "missed"
    assert judged.headline.startswith("The prediction missed")
    assert judged.advice == [("Transformer", "narrow it")]


def test_a_failed_back_test_outweighs_a_lucky_hit(analysis, leader):
    record = replace(leader.fitted.back_test, passed=False, verdict="add rungs")
    failed = changed(analysis, "transformer", fitted=replace(leader.fitted, back_test=record))
    judged = verdict.judge(failed, EN)
    assert judged.status == "unsupported"
    assert ("Transformer", "add rungs") in judged.advice
    values = [stat.label for stat in verdict.stats(failed, EN)]
    assert values == ["Error in the back-test", "Reach of the prediction", "Best family"]


def test_too_few_runs_for_a_back_test_is_its_own_sentence(analysis, leader):
    record = replace(leader.fitted.back_test, passed=False, rmsle=None, coverage=None, bias=None, steps=())
    untested = changed(analysis, "transformer", fitted=replace(leader.fitted, back_test=record))
    judged = verdict.judge(untested, EN)
    assert judged.status == "unsupported"
    assert "too few sizes and budgets" in judged.lede


def test_without_a_model_held_out_the_law_is_not_yet_checked(analysis):
    judged = verdict.judge(changed(analysis, "transformer", checks=()), EN)
    assert judged.status == "untested"


def test_the_figures_say_error_reach_winner_and_what_more_buys(analysis):
    labels = {stat.label: stat.value for stat in verdict.stats(analysis, EN)}
    [check] = verdict.leader(analysis).checks
    assert labels["Error of the prediction"] == numbers.percent(abs(check.error))
    assert labels["Reach of the prediction"] == "10×"
    assert labels["Best family"] == "Transformer"
    assert "Loss at 10× the size" in labels


def test_a_loss_that_is_not_supported_says_so(analysis):
    cost = analysis.costs[0]
    notes = {}
    for supported in (True, False):
        costs = (replace(cost, supported=supported), *analysis.costs[1:])
        notes[supported] = verdict.stats(replace(analysis, costs=costs), EN)[-1].note
    assert "on this machine" in notes[True]
    assert "not supported by the back-test yet" in notes[False]


def test_beyond_the_fitted_compute_families_are_compared_only_by_laws_that_passed(analysis, leader):
    assert verdict.shown_standings(analysis)[-1].train_flops > 100 * verdict.largest_fitted(analysis)
    record = replace(leader.fitted.back_test, passed=False)
    failed = changed(analysis, "transformer", fitted=replace(leader.fitted, back_test=record))
    assert verdict.shown_standings(failed)[-1].train_flops <= 1.001 * verdict.largest_fitted(failed)
