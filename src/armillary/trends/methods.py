"""The ways to project a series, by name: each makes a forecast from what was known up to some date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from armillary.core.errors import RequestError, UnknownNameError
from armillary.trends.breaks import GROWING, Form, profiles
from armillary.trends.forecast import Forecast
from armillary.trends.growth import checked_sample
from armillary.trends.lines import sample_lines
from armillary.trends.quantiles import sample_quantile
from armillary.trends.scurves import S_CURVES, sample_s_curves
from armillary.trends.series import Series

HALF_LIFE = 3.0  # years, of the weight of rows in a recent line
MOST_REGULAR = 60  # rows of one thing measured again and again, as demand is
Sampler = Callable[[Series, int, int], Forecast]


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to project: its name, what it does in words, and how it draws."""

    name: str
    description: str
    sample: Sampler  # (series, draws, seed)


def _lines(*forms: Form) -> Sampler:
    def sample(series: Series, n_draws: int, seed: int) -> Forecast:
        known = checked_sample(series)
        if not (found := profiles(known, forms)):
            raise RequestError(
                f"a break needs 10 rows before and after it and {series.quantity} ({series.selection}) has "
                f"{int(series.exact.sum())} rows with a value; use --method straight"
            )
        return sample_lines(known, found, n_draws, seed)

    return sample


def _no_growth(series: Series, n_draws: int, seed: int) -> Forecast:
    known = series.known()
    n_last = min(10, max(3, len(known) // 4))
    latest = np.argsort(known.dates, kind="stable")[-n_last:]
    sample = checked_sample(series.known()).rows(latest)
    return sample_lines(sample, profiles(sample, ("flat",)), n_draws, seed)


def _recent(series: Series, n_draws: int, seed: int) -> Forecast:
    sample = checked_sample(series).discounted(HALF_LIFE)
    return sample_lines(sample, profiles(sample, ("straight",)), n_draws, seed)


def _median(series: Series, n_draws: int, seed: int) -> Forecast:
    return sample_quantile(checked_sample(series.known()), 0.5, n_draws, seed)


def _s_curve(curve: str) -> Sampler:
    return lambda series, n_draws, seed: sample_s_curves(series, curve, n_draws=n_draws, seed=seed)


METHODS = {
    method.name: method
    for method in (
        Method(name="no-growth", description="the level of the latest rows goes on", sample=_no_growth),
        Method(name="straight", description="one line through all rows", sample=_lines("straight")),
        Method(
            name="recent",
            description=f"one line, rows counting half as much for every {HALF_LIFE:g} years of age",
            sample=_recent,
        ),
        Method(
            name="breaks",
            description="one line, a kink, and a kink with a jump, each break by its support",
            sample=_lines(*GROWING),
        ),
        Method(
            name="kink", description="two lines that meet, each date by its support", sample=_lines("kink")
        ),
        Method(
            name="jump", description="two lines with a jump, each date by its support", sample=_lines("jump")
        ),
        Method(name="median", description="one line with half of the rows below", sample=_median),
        *(
            Method(name=curve, description=f"{shape.formula} ({shape.citation})", sample=_s_curve(curve))
            for curve, shape in S_CURVES.items()
        ),
    )
}
NO_GROWTH, STRAIGHT, LOGISTIC = "no-growth", "straight", "logistic"


def candidates(series: Series) -> tuple[str, ...]:
    """Return the methods among which a back-test chooses.

    S-curves are for one thing that grows and is measured at regular dates, as users or revenue are, not for
    a cloud of models; where a ceiling is known, nothing else will do.
    """
    if series.ceiling is not None:
        return (NO_GROWTH, *S_CURVES)
    known = series.known()
    steps = np.diff(np.sort(known.dates))
    regular = 1 < len(steps) < MOST_REGULAR and steps.max() <= 3 * np.median(steps)
    curves = regular and not series.frontier and known.values[known.dates.argmax()] > known.values[0]
    return (NO_GROWTH, STRAIGHT, "recent", "breaks", *(S_CURVES if curves else ()))


def standard(series: Series) -> str:
    """Return the method kept unless another does better: a straight line, below a ceiling a logistic."""
    return STRAIGHT if series.ceiling is None else LOGISTIC


def method_named(name: str) -> Method:
    """Return the method called ``name``; UnknownNameError lists what there is."""
    if name not in METHODS:
        raise UnknownNameError("method of projection", name, METHODS)
    return METHODS[name]
