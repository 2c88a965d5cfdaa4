"""Arithmetic of estimates: factors that are uncertain independently of each other."""

from __future__ import annotations

import math

from armillary.fitting.uncertainty import Estimate, Interval

NORMAL_90 = 1.6448536269514722  # standard deviations from the middle of a normal to its 95% quantile


def exact(value: float) -> Estimate:
    """Return a value that is known."""
    return Estimate(value=value, interval=Interval(low=value, high=value))


def between(value: float, low: float, high: float) -> Estimate:
    """Return a value with a 90% interval."""
    return Estimate(value=value, interval=Interval(low=low, high=high))


def within(value: float, spread: float) -> Estimate:
    """Return a value that is known up to a factor: its logarithm has a standard deviation of ``spread``."""
    reach = math.exp(NORMAL_90 * spread)
    return between(value, value / reach, value * reach)


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """Return a known multiple of ``estimate``."""
    interval = estimate.interval
    bounds = Interval(low=interval.low * factor, high=interval.high * factor, level=interval.level)
    return Estimate(value=estimate.value * factor, interval=bounds)


def product(left: Estimate, right: Estimate) -> Estimate:
    """Return the product of two independent positive estimates.

    Distances to the bounds add in quadrature on a logarithmic scale, each side for itself: exact for
    log-normal factors, and for one known factor whatever the other is.
    """
    value = left.value * right.value
    down = math.hypot(*(math.log(e.value / e.interval.low) for e in (left, right)))
    up = math.hypot(*(math.log(e.interval.high / e.value) for e in (left, right)))
    return between(value, value * math.exp(-down), value * math.exp(up))


def inverse(estimate: Estimate) -> Estimate:
    """Return one over a positive estimate."""
    interval = estimate.interval
    return between(1 / estimate.value, 1 / interval.high, 1 / interval.low)
