import math

import pytest

from armillary.fitting.uncertainty import Interval
from armillary.reports import numbers


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        (numbers.flop, 3.14e13, "3.1×10¹³"),
        (numbers.flop, 9.96e12, "1.0×10¹³"),
        (numbers.flop, 0, "0"),
        (numbers.flop_rate, 2.31e10, "23.1 GFLOP/s"),
        (numbers.flop_rate, 12.0, "12 FLOP/s"),
        (numbers.loss, 2.17154, "2.172"),
        (numbers.loss, 0.0123456, "0.0123"),
        (numbers.loss, 12.3456, "12.35"),
        (numbers.percent, 0.0041, "0.41%"),
        (numbers.percent, 0.0123, "1.2%"),
        (numbers.percent, 0.123, "12.3%"),
        (numbers.percent, 1.0, "100%"),
        (numbers.percent, 0.0, "0%"),
        (numbers.signed_percent, -0.0083, "−0.83%"),
        (numbers.signed_percent, 0.021, "+2.1%"),
        (numbers.probability, 1.0, ">\u00a099%"),
        (numbers.probability, 0.004, "<\u00a01%"),
        (numbers.probability, 0.874, "87%"),
        (numbers.times, 4.23, "4.2×"),
        (numbers.times, 1000, "1,000×"),
        (numbers.times, 2.5e6, "2.5M×"),
        (numbers.usd, 0.0034, "<\u00a0$0.01"),
        (numbers.usd, 12.5, "$12.50"),
        (numbers.energy, 0.003, "<\u00a00.01"),
        (numbers.energy, 44.4, "44"),
        (numbers.plain, 0.3, "0.3"),
        (numbers.plain, -21.0812, "−21.08"),
        (numbers.plain, 6434.4, "6,434"),
        (numbers.plain, 1.5e-7, "1.500×10⁻⁷"),
        (numbers.plain, math.inf, "inf"),
    ],
)
def test_a_number_is_written(form, value, text):
    assert form(value) == text


def test_an_interval_uses_the_form_of_its_value():
    assert numbers.interval(Interval(low=1.2, high=1.31)) == "[1.200, 1.310]"
    assert numbers.interval(Interval(low=1e12, high=2e12), numbers.flop) == "[1.0×10¹², 2.0×10¹²]"


def test_what_is_not_known_is_a_dash():
    assert numbers.known(None, numbers.percent) == "–"
    assert numbers.known(0.02, numbers.percent) == "2.0%"


def test_a_formula_is_raised_and_its_letters_are_greek():
    law = numbers.raised("L(N, D) = E + A N^-alpha + B D^-beta")
    assert law == "L(N, D) = E + A N<sup>−α</sup> + B D<sup>−β</sup>"
    assert numbers.raised("(1 + x)^(-c1 / alpha)") == "(1 + x)<sup>−c1 / α</sup>"
    assert numbers.greek("E") == "E"
    assert numbers.greek("chinchilla.alpha") == "chinchilla α"


def test_what_may_be_endless_says_so():
    form = numbers.endless(numbers.count)
    assert [form(1e9), form(float("inf"))] == ["1B", "∞"]
    assert numbers.count(-2e9) == "−2B"
