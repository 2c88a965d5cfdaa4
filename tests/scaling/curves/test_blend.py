from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from simulated_curves import TRUTH, curve

from armillary.core.errors import RequestError
from armillary.fitting.law import Law, Parameter, coefficient, positive
from armillary.scaling.curves.blend import (
    SPARED,
    TYPICAL_ERROR,
    curve_laws,
    fit_curve,
    law_weights,
    typical_errors,
)
from armillary.scaling.laws import LAWS, M2

SOME = ("m1", "m2", "m4", "broken-1")


@pytest.fixture(scope="module")
def fit():
    return fit_curve(curve(), SOME)


def test_all_laws_of_x_are_weighed():
    fit = fit_curve(curve(n_points=8), n_draws=4)
    assert {record.name for record in fit.records} == set(curve_laws()) == set(TYPICAL_ERROR) - set(SPARED)
    weights = [record.weight for record in fit.records]
    assert sum(weights) == pytest.approx(1.0)
    assert weights == sorted(weights, reverse=True)


def test_the_continuation_is_predicted(fit):
    off = np.log(fit.predict(fit.curve.held_out_x) / fit.curve.held_out_y)
    assert np.sqrt(np.mean(off**2)) < 0.015


def test_held_out_points_have_no_part_in_it(fit):
    blind = fit_curve(replace(fit.curve, held_out_x=np.array([]), held_out_y=np.array([])), SOME)
    np.testing.assert_array_equal(blind.predict(np.array([2e4])), fit.predict(np.array([2e4])))


def test_a_rising_curve_is_predicted_as_its_reciprocal(fit):
    rising = fit_curve(curve(rising=True), SOME)
    assert rising.rising
    np.testing.assert_allclose(rising.predict(np.array([1.5e4])), 1 / fit.predict(np.array([1.5e4])))


def test_units_of_both_axes_do_not_matter(fit):
    c = fit.curve
    scaled = fit_curve(replace(c, x=c.x * 1e6, y=c.y * 1e-3), SOME)
    np.testing.assert_allclose(
        scaled.predict(c.held_out_x * 1e6), fit.predict(c.held_out_x) * 1e-3, rtol=2e-3
    )


def test_a_law_that_errs_more_weighs_less_and_many_cuts_outweigh_what_is_usual():
    even, cuts = ["m2", "m2"], np.ones(8)
    weights = law_weights(even, np.array([[0.01**2] * 8, [0.04**2] * 8]), cuts)
    assert weights[0] > 3 * weights[1]
    usual = law_weights(["m1", "broken-1"], np.zeros((2, 0)), np.zeros(0))
    assert usual[1] > usual[0]  # with no back-test, what laws usually deserve
    shown = law_weights(["m1", "broken-1"], np.array([[0.002**2] * 8, [0.2**2] * 8]), cuts)
    assert shown[0] > 0.9


def test_a_prior_over_laws_is_learnt_from_other_curves(fit):
    learnt = typical_errors([fit, fit])
    assert learnt == pytest.approx({record.name: record.rmsle for record in fit.records})
    short = curve(n_points=4)  # allows no back-test: the prior alone decides
    weights = {r.name: r.weight for r in fit_curve(short, SOME, 4, {"m1": 0.01, "m2": 0.1}).records}
    assert weights["m1"] > 0.9


def test_short_and_noisy_curves_get_an_answer():
    for n_points in (4, 5, 7):
        fit = fit_curve(curve(n_points=n_points, sd=0.05), n_draws=4)
        assert np.all(np.isfinite(fit.predict(fit.curve.held_out_x)))


def test_one_law_can_be_asked_for_and_it_has_to_be_of_x():
    fit = fit_curve(curve(law=M2(e=0.2, b=1.0, c=0.3), n_points=30, sd=0.0), ["m2"])
    assert [record.name for record in fit.records] == ["m2"]
    assert fit.records[0].law.c == pytest.approx(0.3, rel=0.05)
    with pytest.raises(RequestError, match="chinchilla is of n_params, n_tokens, not of x"):
        fit_curve(curve(), ["chinchilla"])


@dataclass(frozen=True)
class Exponential(Law):
    """L(x) = b exp(-x / s): somebody's own law, without a prior and without a gradient."""

    name: ClassVar[str] = "exponential"
    inputs: ClassVar[tuple[str, ...]] = ("x",)
    formula: ClassVar[str] = "L(x) = b exp(-x / s)"
    citation: ClassVar[str] = "arXiv:0000.00000"
    b: Parameter = coefficient()
    s: Parameter = positive(0.1, 100.0)

    def __call__(self, x):
        return self.b * np.exp(-x / self.s)

    def in_units(self, x):
        return replace(self, s=self.s / x)


def test_a_law_registered_elsewhere_takes_part(monkeypatch):
    monkeypatch.setitem(LAWS._entries, "exponential", Exponential)
    truth = Exponential(b=2.0, s=1e4)
    assert "exponential" in curve_laws()
    fit = fit_curve(curve(law=truth, n_points=30, sd=0.0), [*SOME, "exponential"])
    assert fit.records[0].name == "exponential"
    assert fit.records[0].law.s == pytest.approx(1e4, rel=1e-3)


def test_what_is_said_does_not_depend_on_chance():
    again = [fit_curve(curve(), ["m2", "m4"]).predict(np.array([3e4])) for _ in range(2)]
    np.testing.assert_array_equal(*again)
    assert again[0][0] == pytest.approx(TRUTH(3e4), rel=0.1)
