"""Whether and when a trend bent: one line, two that meet, or two with a jump between them.

A break stands at every date of a grid in turn and the rest is fitted in closed form, so the profile of its
date is exact.  The three forms are compared by Schwarz's criterion, BIC = k ln n - 2 ln L, the date counted
as one of the k parameters, and each form and date has the weight that the data give it: exp(-BIC/2) between
forms, the likelihood between dates of one form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from armillary.fitting.uncertainty import LEVEL, Interval
from armillary.trends.censoring import Sample, regress

Form = Literal["flat", "straight", "kink", "jump"]
GROWING: tuple[Form, ...] = ("straight", "kink", "jump")  # which are compared
BENT: tuple[Form, ...] = ("kink", "jump")
TERMS: dict[Form, int] = {"flat": 1, "straight": 2, "kink": 3, "jump": 4}
LEAST_A_SIDE = 10  # rows before and after a break
LEAST_SPAN = 0.1  # of the dates, before and after a break,
MOST_AWAY = 2.0  # up to this many years
GRID = 120  # dates at which a break is tried
CHI_SQUARE_90 = 2.7055  # 90% quantile with one degree of freedom


def design(
    t: Float[np.ndarray, " points"], breaks: Float[np.ndarray, " fits"], form: Form
) -> Float[np.ndarray, "fits points terms"]:
    """Return the columns of a line with a break at each of ``breaks``: 1, t, (t - break)+, [t >= break]."""
    shape = (len(breaks), len(t))
    columns = [np.ones(shape), np.broadcast_to(t, shape)]
    if form in BENT:
        columns += [np.maximum(t - breaks[:, None], 0.0), (t >= breaks[:, None]).astype(np.float64)]
    return np.stack(columns[: TERMS[form]], axis=2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """One form fitted with its break at each date of a grid (once, where it has none)."""

    form: Form
    breaks: Float[np.ndarray, " grid"]  # years since the sample's origin; infinite where there is none
    coefficients: Float[np.ndarray, "grid 4"]
    sd: Float[np.ndarray, " grid"]
    log_likelihood: Float[np.ndarray, " grid"]
    bic: float  # at the best date

    @property
    def best(self) -> int:
        """Index of the likeliest date."""
        return int(np.argmax(self.log_likelihood))

    @property
    def share(self) -> Float[np.ndarray, " grid"]:
        """Weights of the dates, summing to one."""
        relative = np.exp(self.log_likelihood - self.log_likelihood.max())
        share: np.ndarray = relative / relative.sum()
        return share

    def interval(self, origin: float) -> Interval:
        """Return the decimal years within which the likelihood ratio does not refuse the break."""
        kept = 2 * (self.log_likelihood.max() - self.log_likelihood) <= CHI_SQUARE_90
        return Interval(
            low=float(origin + self.breaks[kept].min()),
            high=float(origin + self.breaks[kept].max()),
            level=LEVEL,
        )


def profiles(sample: Sample, forms: tuple[Form, ...] = GROWING) -> dict[Form, Profile]:
    """Fit every form that ``sample`` has enough rows for: at least ten on each side of a break."""
    found = {}
    for form in forms:
        breaks = break_dates(sample) if form in BENT else np.array([np.inf])
        if len(breaks):
            found[form] = _profile(sample, form, breaks)
    return found


def break_dates(sample: Sample) -> Float[np.ndarray, " grid"]:
    """Return where a break is tried, in years since the origin; none when rows are too few.

    Each side has ten rows and, lest a crowded last month make a trend, a tenth of the span or two years.
    """
    t = np.sort(sample.t[sample.exact])
    if len(t) < 2 * LEAST_A_SIDE:
        return np.empty(0)
    away = min(LEAST_SPAN * (t[-1] - t[0]), MOST_AWAY)
    first, last = max(t[LEAST_A_SIDE - 1], t[0] + away), min(t[-LEAST_A_SIDE], t[-1] - away)
    return np.linspace(first, last, GRID + 1)[1:] if first < last else np.empty(0)


def weights(found: Mapping[Form, Profile]) -> dict[Form, float]:
    """Return the weight of each form, exp(-BIC/2), summing to one."""
    bic = np.array([profile.bic for profile in found.values()])
    relative = np.exp((bic.min() - bic) / 2)
    return {form: float(w) for form, w in zip(found, relative / relative.sum(), strict=True)}


def _profile(sample: Sample, form: Form, breaks: np.ndarray) -> Profile:
    fits = regress(design(sample.t, breaks, form), sample.y[None], sample)
    coefficients = np.zeros((len(breaks), 4))
    coefficients[:, : TERMS[form]] = fits.coefficients
    n_params = TERMS[form] + 1 + (form in BENT)
    return Profile(
        form=form,
        breaks=breaks,
        coefficients=coefficients,
        sd=fits.sd,
        log_likelihood=fits.log_likelihood,
        bic=float(n_params * np.log(len(sample)) - 2 * fits.log_likelihood.max()),
    )
