"""The automatic choice for a curve: every law is fitted, judged by rolling back-tests, and weighed.

The prediction is the weighted mean of the laws' ln y, less half of the error that the same blend made
again and again in the back-tests.  Nothing but the curve's given points enters, and a few facts about
curves in general, the constants below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from jaxtyping import Float

from armillary.core.errors import FitError, RequestError
from armillary.fitting.law import Law
from armillary.scaling.curves.curve import LEAST_NOISE, Curve
from armillary.scaling.curves.refits import fit_weightings
from armillary.scaling.curves.rolling import WORST, Cuts, cuts
from armillary.scaling.laws import LAWS

# Root mean squared error of ln y up to twice the last known x: geometric mean over rolling back-tests inside
# the training points of 36 learning curves of image classifiers and 5 of translation models (published with
# Alabdulmohsin et al. 2022, arXiv:2209.06640) and over 45 simulated curves with plateaus, breaks and floors.
TYPICAL_ERROR = {
    "m1": 0.043,
    "m2": 0.036,
    "m3": 0.031,
    "m4": 0.021,
    "broken-1": 0.021,
    "broken-2": 0.022,
    "broken-3": 0.023,
}
# Laws of x that are left out unless asked for: m2 is m3 with g = 0, a third break takes more points than
# curves have, and without the two the same back-tests come out as well.
SPARED = ("m2", "broken-3")
UNKNOWN_ERROR = 0.03  # of a law that was registered elsewhere
# The constants below stand on a flat optimum of the same back-tests: SHARPNESS from 2 to 4, REPEATED from 0
# to 0.75 and PRIOR_CUTS from 0.5 to 4 change the blend's error by less than five percent.
PRIOR_CUTS = 2.0  # what TYPICAL_ERROR counts, in back-tests at the latest cut
SHARPNESS = 3.0  # a law with half the error of another has 2^SHARPNESS times its weight
REPEATED = 0.5  # share of the blend's mean error in the back-tests that is taken off
REPEATED_CUTS = 1.0  # what no error counts in that mean, in back-tests
RAMP = 0.5  # doublings of x beyond the last over which the correction sets in
PRIOR_WIDEN_CUTS = 2.0  # what intervals as wide as the laws say count, in back-tests
MOST_WIDEN = 10.0  # a curve that jumps is said to follow no law; no interval helps it
N_DRAWS = 48  # refits to redrawn data, of each law


@dataclass(frozen=True, kw_only=True, eq=False)
class LawRecord:
    """One law on one curve: its fit, how it did in the back-tests, what it counts."""

    law: Law  # of 1 / y where the curve rises
    weight: float
    rmsle: float | None  # root mean square of ln(predicted / measured) in back-tests; None: it has none
    draws: Law  # a batch: refits to redrawn data

    @property
    def name(self) -> str:
        return self.law.name

    def heights(self, x: Float[np.ndarray, " points"]) -> Float[np.ndarray, " points"]:
        """Return ln of the law at ``x``."""
        with np.errstate(all="ignore"):
            own: np.ndarray = np.log(np.asarray(self.law(x)))
        return own

    def drawn_heights(self, x: Float[np.ndarray, " points"]) -> Float[np.ndarray, "draws points"]:
        """Return ln of every draw at ``x``; where a draw is not finite, that of the law itself."""
        with np.errstate(all="ignore"):
            drawn = np.log(np.asarray(self.draws(x)))
        finite: np.ndarray = np.where(np.isfinite(drawn), drawn, self.heights(x))
        return finite


@dataclass(frozen=True, kw_only=True)
class BlendRecord:
    """How the blend itself did in the back-tests."""

    n_cuts: int  # back-tests that the curve allows
    rmsle: float | None  # root mean square of ln(predicted / measured); None: there are none
    correction: float  # what is taken off ln y: the part of its error that repeats
    widen: float  # by which intervals are stretched, from how errors compare with the spread of the laws


@dataclass(frozen=True, kw_only=True, eq=False)
class CurveFit:
    """A curve with its laws, weighed."""

    curve: Curve
    rising: bool  # laws are fitted to 1 / y, which falls
    noise: float  # standard deviation of ln y about a smooth curve
    records: tuple[LawRecord, ...]  # heaviest first
    record: BlendRecord

    @property
    def last_x(self) -> float:
        return float(self.curve.x[-1])

    def heights(self, x: Float[np.ndarray, " points"]) -> Float[np.ndarray, " points"]:
        """Return the blend's ln y (ln 1/y of a rising curve), corrected beyond the last given x."""
        beyond = np.clip(np.log2(x / self.last_x) / RAMP, 0.0, 1.0)
        heights: np.ndarray = self.blend(x) - self.record.correction * beyond
        return heights

    def blend(self, x: Float[np.ndarray, " points"]) -> Float[np.ndarray, " points"]:
        """Return the weighted mean of the laws' heights."""
        return np.asarray(np.sum([record.weight * record.heights(x) for record in self.records], axis=0))

    def predict(self, x: Float[np.ndarray, " points"]) -> Float[np.ndarray, " points"]:
        """Return y at ``x``."""
        heights = self.heights(np.asarray(x, dtype=np.float64))
        predicted: np.ndarray = np.exp(-heights if self.rising else heights)
        return predicted


def curve_laws() -> tuple[str, ...]:
    """Return the names of the laws that a curve is fitted with: all registered ones of x but the spared."""
    return tuple(name for name in LAWS if LAWS[name].inputs == ("x",) and name not in SPARED)


def typical_errors(fits: Sequence[CurveFit]) -> dict[str, float]:
    """Return how far each law usually misses, learnt from ``fits``: a prior over laws for other curves.

    The geometric mean over curves of a law's error in their back-tests; laws without one are left out.
    """
    errors: dict[str, list[float]] = {}
    for record in (record for fit in fits for record in fit.records):
        if record.rmsle is not None:
            errors.setdefault(record.name, []).append(np.log(max(record.rmsle, LEAST_NOISE)))
    return {name: float(np.exp(np.mean(logs))) for name, logs in errors.items()}


def fit_curve(
    curve: Curve,
    laws: Sequence[str] | None = None,
    n_draws: int = N_DRAWS,
    typical: Mapping[str, float] = TYPICAL_ERROR,
) -> CurveFit:
    """Fit ``laws`` (default ``curve_laws()``) to the given points of ``curve``, weighed by their back-tests.

    ``typical`` is how far each law usually misses (see ``typical_errors``).  FitError when the curve has
    too few points; RequestError when a law is none of x.
    """
    places, heights, noise = cuts(curve), curve.heights, curve.noise
    chosen = _candidates(curve, laws)
    known = np.concatenate([np.ones((1, len(curve)), dtype=bool), places.known])
    fits = [fit_weightings(law, curve.x, heights, known, noise) for law in chosen]
    predicted = np.stack([fit.heights(curve.x)[1:] for fit in fits])
    squares = places.mean(_bounded(predicted - heights) ** 2)
    weights = law_weights([law.name for law in chosen], squares, places.weights, typical)
    rng = np.random.default_rng(crc32(curve.name.encode()))
    records = [
        LawRecord(
            law=fit.law(0),
            weight=float(weight),
            rmsle=_root_mean(own, places.weights),
            draws=fit.redrawn(0, n_draws, rng),
        )
        for fit, weight, own in zip(fits, weights, squares, strict=True)
    ]
    return CurveFit(
        curve=curve,
        rising=curve.rising,
        noise=noise,
        records=tuple(sorted(records, key=lambda record: -record.weight)),
        record=_record_of_blend(predicted, heights, weights, places, noise),
    )


def law_weights(
    names: Sequence[str],
    squares: Float[np.ndarray, "laws cuts"],
    cut_weights: Float[np.ndarray, " cuts"],
    typical: Mapping[str, float] = TYPICAL_ERROR,
) -> Float[np.ndarray, " laws"]:
    """Return the laws' weights, which sum to one: a power of their error, typical error included."""
    usual = np.array([typical.get(name, UNKNOWN_ERROR) for name in names])
    mean = (squares @ cut_weights + PRIOR_CUTS * usual**2) / (cut_weights.sum() + PRIOR_CUTS)
    weights = mean ** (-SHARPNESS / 2)
    shares: np.ndarray = weights / weights.sum()
    return shares


def _candidates(curve: Curve, laws: Sequence[str] | None) -> list[type[Law]]:
    """Return the laws that the curve can determine: what no prior holds must be fewer than its points."""
    names = curve_laws() if laws is None else tuple(laws)
    for name in names:
        if LAWS[name].inputs != ("x",):
            raise RequestError(
                f"the law {name} is of {', '.join(LAWS[name].inputs)}, not of x; "
                f"choose among {', '.join(sorted((*curve_laws(), *SPARED)))}"
            )
    free = {name: sum(d.typical is None for d in LAWS[name].domains()) for name in names}
    chosen = [LAWS[name] for name in names if free[name] < len(curve)]
    if not chosen:
        raise FitError(f"the curve has {len(curve)} points, too few for {', '.join(names)}; add points")
    return chosen


def _bounded(errors: np.ndarray) -> np.ndarray:
    bounded: np.ndarray = np.clip(np.where(np.isfinite(errors), errors, WORST), -WORST, WORST)
    return bounded


def _root_mean(squares: np.ndarray, weights: np.ndarray) -> float | None:
    return float(np.sqrt(squares @ weights / weights.sum())) if len(weights) else None


def _record_of_blend(
    predicted: Float[np.ndarray, "laws cuts points"],
    heights: Float[np.ndarray, " points"],
    weights: Float[np.ndarray, " laws"],
    places: Cuts,
    noise: float,
) -> BlendRecord:
    """Return what the back-tests say of the blend: its error, what of it repeats, whether it was foreseen."""
    finite = heights + _bounded(predicted - heights)
    blend = np.einsum("l,lcp->cp", weights, finite)
    off, counted = blend - heights, places.weights
    foreseen = np.einsum("l,lcp->cp", weights, (finite - blend) ** 2) + noise**2
    surprise = places.mean(off**2 / foreseen) @ counted + PRIOR_WIDEN_CUTS
    return BlendRecord(
        n_cuts=len(places),
        rmsle=_root_mean(places.mean(off**2), counted),
        correction=float(REPEATED * (places.mean(off) @ counted) / (counted.sum() + REPEATED_CUTS)),
        widen=min(float(np.sqrt(surprise / (counted.sum() + PRIOR_WIDEN_CUTS))), MOST_WIDEN),
    )
