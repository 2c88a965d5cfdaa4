from dataclasses import replace

import numpy as np

from armillary.reports.check_figures import back_test_plate, residual_plate, residuals
from armillary.reports.words import Words
from armillary.scaling.laws import Chinchilla


def test_residuals_are_predicted_over_measured(analysis):
    for family in analysis.families:
        law = Chinchilla(**{name: e.value for name, e in family.fitted.parameters.items()})
        for o, residual in residuals(family):
            np.testing.assert_allclose((1 + residual) * o.loss, law(o.n_params, o.n_tokens), rtol=1e-9)
        assert len(residuals(family)) == len(family.observations)
    assert residuals(replace(analysis.families[0], fitted=None)) == []


def test_every_run_and_every_prediction_is_a_mark(analysis):
    runs = sum(len(f.observations) for f in analysis.families)
    assert residual_plate(analysis, Words("en")).wide.count("<title>") == runs
    steps = sum(len(f.fitted.back_test.steps) + len(f.checks) for f in analysis.families)
    assert back_test_plate(analysis, Words("en")).wide.count("<title>") == steps


def test_without_predictions_there_is_no_picture_of_them(analysis):
    bare = [replace(f, fitted=None, checks=()) for f in analysis.families]
    assert back_test_plate(replace(analysis, families=tuple(bare)), Words("en")) is None
