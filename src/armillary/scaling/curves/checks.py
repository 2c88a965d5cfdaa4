"""A curve's held-out points against what was predicted for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from armillary.scaling.curves.blend import CurveFit
from armillary.scaling.curves.extrapolation import curve_intervals


@dataclass(frozen=True, kw_only=True)
class CurveCheck:
    """The prediction of a curve's held-out points, none of which was used."""

    n_points: int  # that were held out
    rmsle: float  # root mean square of ln(predicted / measured)
    bias: float  # mean of ln(predicted / measured)
    coverage_50: float  # share of points inside their 50% interval
    coverage_90: float  # likewise, of the 90% interval


def check_curve(fit: CurveFit) -> CurveCheck | None:
    """Hold a fit against the held-out points of its curve; None when there are none."""
    x, measured = fit.curve.held_out_x, fit.curve.held_out_y
    if not len(x):
        return None
    off = np.log(fit.predict(x) / measured)
    inside = {
        level: np.mean([y in i for y, i in zip(measured, curve_intervals(fit, x, level), strict=True)])
        for level in (0.5, 0.9)
    }
    return CurveCheck(
        n_points=len(x),
        rmsle=float(np.sqrt(np.mean(off**2))),
        bias=float(off.mean()),
        coverage_50=float(inside[0.5]),
        coverage_90=float(inside[0.9]),
    )
