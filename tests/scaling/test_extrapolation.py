import dataclasses

import pytest
from simulated import TRUTH

from armillary.core.errors import RequestError
from armillary.fitting.uncertainty import Interval
from armillary.scaling.extrapolation import check_held_out, extrapolate, reach


def test_a_larger_model_is_predicted_with_its_intervals(transformer):
    prediction = extrapolate(transformer, n_params=7.5e5, n_tokens=4e6)
    assert prediction.loss == pytest.approx(float(TRUTH(7.5e5, 4e6)), rel=0.02)
    assert float(TRUTH(7.5e5, 4e6)) in prediction.interval_90
    assert prediction.interval_90.low < prediction.interval_50.low < prediction.loss
    assert prediction.loss < prediction.interval_50.high < prediction.interval_90.high
    assert prediction.train_flops == pytest.approx(6 * 7.5e5 * 4e6)
    assert prediction.compute_ratio == pytest.approx(5)
    assert prediction.supported
    assert prediction.advice == ""


def test_two_of_size_data_and_compute_say_which_model(transformer):
    whole = extrapolate(transformer, n_params=6e5, n_tokens=4e6)
    by_size = extrapolate(transformer, n_params=6e5, train_flops=whole.train_flops)
    by_data = extrapolate(transformer, n_tokens=4e6, train_flops=whole.train_flops)
    assert by_size.n_tokens == pytest.approx(4e6)
    assert by_data.n_params == pytest.approx(6e5)


def test_compute_alone_means_its_best_split(transformer):
    best = extrapolate(transformer, train_flops=1e13)
    assert 6 * best.n_params * best.n_tokens == pytest.approx(1e13)
    for factor in (0.7, 1.4):
        other = extrapolate(transformer, n_params=factor * best.n_params, train_flops=1e13)
        assert other.loss > best.loss


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "nothing alone is no model"),
        ({"n_params": 1e6}, "n_params alone is no model; give n_params and n_tokens, or train_flops"),
        ({"n_tokens": 1e6}, "n_tokens alone"),
        ({"n_params": -1.0, "n_tokens": 1e6}, "n_params is -1; it has to be above zero"),
        ({"train_flops": float("inf")}, "train_flops is inf"),
    ],
)
def test_half_a_model_is_refused(transformer, asked, message):
    with pytest.raises(RequestError, match=message):
        extrapolate(transformer, **asked)


def test_what_the_ladder_does_not_carry_is_not_supported(transformer):
    far = extrapolate(transformer, train_flops=2 * reach(transformer) * transformer.largest_compute)
    assert not far.supported
    assert "times the compute of the largest fitted run, over a ladder that spans 40 times" in far.advice
    failed = dataclasses.replace(transformer.back_test, passed=False, verdict="no law yet")
    near = extrapolate(dataclasses.replace(transformer, back_test=failed), n_params=6e5, n_tokens=4e6)
    assert (near.supported, near.advice) == (False, "no law yet")


def test_an_interval_too_wide_to_use_is_not_supported(transformer):
    step = transformer.back_test.steps[0]
    narrow = Interval(low=0.9999 * step.predicted, high=1.0001 * step.predicted)
    surprised = dataclasses.replace(step, interval=narrow, measured=1.01 * step.predicted)
    record = dataclasses.replace(transformer.back_test, steps=(surprised,))
    prediction = extrapolate(dataclasses.replace(transformer, back_test=record), n_params=6e5, n_tokens=4e6)
    assert "add sizes and data budgets" in prediction.advice


def test_a_held_out_model_checks_the_claim(transformer):
    claim = extrapolate(transformer, n_params=6e5, n_tokens=4e6)
    good = check_held_out(claim, claim.loss / 1.001, "larger")
    assert good.inside
    assert good.error == pytest.approx(0.001)
    assert not check_held_out(claim, 2 * claim.loss).inside
