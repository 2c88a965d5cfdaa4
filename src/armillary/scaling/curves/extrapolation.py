"""What a curve's blend of laws says at an x beyond it, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from armillary.core.errors import RequestError
from armillary.fitting.uncertainty import Interval
from armillary.scaling.curves.blend import CurveFit

NOISE_DRAWS = 8  # of a new measurement, for every draw of a law
LEAST_REACH = 2.0  # times the last x that back-tests within the curve carry
LEAST_CUTS = 3  # back-tests without which a prediction rests on the laws alone
WORST_ERROR = 0.1  # of ln y in the back-tests, beyond which an extrapolation is not supported


@dataclass(frozen=True, kw_only=True)
class CurveExtrapolation:
    """The blend's prediction at one x."""

    curve: str  # its name; empty when there is only one
    x: float  # where it is predicted, in the table's unit
    value: float  # of y
    interval_50: Interval  # predictive: of what would be measured there
    interval_90: Interval  # predictive likewise
    by_law: Mapping[str, float]  # what each law says alone
    weights: Mapping[str, float]  # of each law in the blend; they sum to 1
    x_ratio: float  # x over the last given x
    supported: bool  # whether the back-tests carry a prediction this far out
    advice: str  # what to change when they do not; empty when they do


def extrapolate_curve(fit: CurveFit, x: float) -> CurveExtrapolation:
    """Predict y at ``x`` with the blend of ``fit``.  RequestError when x is not above zero."""
    if not (np.isfinite(x) and x > 0):
        raise RequestError(f"x is {x:g}; it has to be above zero")
    at = np.array([x])
    half, most = curve_intervals(fit, at, 0.5)[0], curve_intervals(fit, at, 0.9)[0]
    sign = -1.0 if fit.rising else 1.0
    by_law = {record.name: float(np.exp(sign * record.heights(at)[0])) for record in fit.records}
    advice = _advice(fit, x)
    return CurveExtrapolation(
        curve=fit.curve.name,
        x=x,
        value=float(fit.predict(at)[0]),
        interval_50=half,
        interval_90=most,
        by_law=by_law,
        weights={record.name: record.weight for record in fit.records},
        x_ratio=x / fit.last_x,
        supported=not advice,
        advice=advice,
    )


def curve_intervals(fit: CurveFit, x: Float[np.ndarray, " points"], level: float) -> list[Interval]:
    """Return an interval for what would be measured at each ``x``: of the laws' draws, mixed by weight.

    Noise of a measurement is added, and all is stretched about the prediction by what the back-tests
    showed.
    """
    tail = (1 - level) / 2
    off, weights = _deviations(fit, x)
    low, high = (fit.heights(x) + fit.record.widen * _quantile(off, weights, q) for q in (tail, 1 - tail))
    if fit.rising:
        low, high = -high, -low
    return [
        Interval(low=float(np.exp(a)), high=float(np.exp(b)), level=level)
        for a, b in zip(low, high, strict=True)
    ]


def _deviations(fit: CurveFit, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (draws of ln y of a new measurement, less the prediction; their weights)."""
    drawn = [record.drawn_heights(x) for record in fit.records]
    weights = np.concatenate(
        [np.full(len(d), record.weight / len(d)) for record, d in zip(fit.records, drawn, strict=True)]
    )
    off = np.repeat(np.concatenate(drawn) - fit.blend(x), NOISE_DRAWS, axis=0)
    noise = np.random.default_rng(0).standard_normal((len(off), 1))
    return off + fit.noise * noise, np.repeat(weights, NOISE_DRAWS)


def _quantile(values: np.ndarray, weights: np.ndarray, q: float) -> np.ndarray:
    """Return the weighted quantile of each column of ``values``."""
    order = np.argsort(values, axis=0)
    reached = np.cumsum(weights[order], axis=0) / weights.sum()
    place = (reached >= q).argmax(axis=0)
    found: np.ndarray = np.take_along_axis(values, order, axis=0)[place, np.arange(values.shape[1])]
    return found


def _advice(fit: CurveFit, x: float) -> str:
    """Return what to change before such a prediction is believed, or nothing."""
    span = fit.last_x / float(fit.curve.x[0])
    reach = max(LEAST_REACH, float(np.sqrt(span)))
    n_cuts, error = fit.record.n_cuts, fit.record.rmsle
    if n_cuts < LEAST_CUTS:
        return f"{len(fit.curve)} points allow {n_cuts} of the {LEAST_CUTS} back-tests needed; measure more"
    if error is not None and error > WORST_ERROR:
        return f"within the curve the blend missed by {error:.0%}: it follows no law yet; measure further"
    if x > reach * fit.last_x:
        return (
            f"{x / fit.last_x:.3g} times the last x, on a curve that spans a factor of {span:.3g}: "
            f"measure up to {x / reach:.3g}"
        )
    return ""
