"""Draws of a trend that may bend or jump once: the bootstrap of its coefficients, over every break date.

Rows are resampled and every uncertain value is drawn anew between its bounds, as in Sevilla et al. (2022),
Compute trends across three eras of machine learning; a thousand refits are one closed-form computation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.special import ndtri, stdtrit

from armillary.fitting.uncertainty import LEVEL
from armillary.trends.breaks import TERMS, Form, Profile, design, weights
from armillary.trends.censoring import Sample, imputed_residuals, regress
from armillary.trends.forecast import Forecast

N_DRAWS = 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines(Forecast):
    """Lines that may bend and jump once.

    With t in years since ``origin``: level + slope t + bend (t - break)+ + jump [t >= break].
    """

    origin: float
    coefficients: Float[np.ndarray, "draws 4"]  # level, slope, bend, jump
    breaks: Float[np.ndarray, " draws"]  # in years since origin; infinite where there is none

    def trend(self, years: Float[np.ndarray, " years"]) -> Float[np.ndarray, "draws years"]:
        t = years - self.origin
        later = t >= self.breaks[:, None]
        after = np.where(later, t - np.where(np.isfinite(self.breaks), self.breaks, 0.0)[:, None], 0.0)
        level, slope, bend, jump = (column[:, None] for column in self.coefficients.T)
        course: np.ndarray = level + slope * t + bend * after + jump * later
        return course

    def slope(self, year: float) -> Float[np.ndarray, " draws"]:
        """Return the growth at ``year``, in orders of magnitude a year."""
        later = year - self.origin >= self.breaks
        growth: np.ndarray = self.coefficients[:, 1] + later * self.coefficients[:, 2]
        return growth


def sample_lines(sample: Sample, found: dict[Form, Profile], n_draws: int = N_DRAWS, seed: int = 0) -> Lines:
    """Draw lines: each form and break date as often as it has weight, coefficients by the bootstrap.

    A resample varies less than new data would, so draws are moved away from the estimate by sqrt(n/(n - p))
    and by Student's quantile over the normal one; the scatter is drawn from its chi-square distribution.
    """
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(sample), np.full(len(sample), 1 / len(sample)), n_draws).astype(np.float64)
    y = sample.redrawn(rng, n_draws)
    coefficients, breaks, sd = np.zeros((n_draws, 4)), np.empty(n_draws), np.empty(n_draws)
    dates = _allotted(found, n_draws, rng)
    for form, (rows, at) in dates.items():
        profile, terms = found[form], TERMS[form]
        freedom = max(sample.n_effective - terms, 1.0)
        fits = regress(design(sample.t, profile.breaks[at], form), y[rows], sample, counts[rows])
        centre = profile.coefficients[at]
        coefficients[rows] = centre
        coefficients[rows, :terms] += _stretch(freedom, terms) * (fits.coefficients - centre[:, :terms])
        breaks[rows] = profile.breaks[at]
        sd[rows] = profile.sd[at] * np.sqrt((freedom + terms) / rng.chisquare(freedom, len(rows)))
    return Lines(
        origin=sample.origin,
        coefficients=coefficients,
        breaks=breaks,
        sd=sd,
        residuals=_residuals(sample, min(found.values(), key=lambda profile: profile.bic)),
    )


def _allotted(
    found: dict[Form, Profile], n_draws: int, rng: np.random.Generator
) -> dict[Form, tuple[Int[np.ndarray, " draws"], Int[np.ndarray, " draws"]]]:
    """Return the draws of each form, and the index of the break date of each: evenly over the weights."""
    share = weights(found)
    support = np.concatenate([share[form] * profile.share for form, profile in found.items()])
    cells = np.searchsorted(np.cumsum(support) / support.sum(), (np.arange(n_draws) + 0.5) / n_draws)
    cells = rng.permutation(np.minimum(cells, len(support) - 1))
    allotted, first = {}, 0
    for form, profile in found.items():
        rows = np.flatnonzero((cells >= first) & (cells < first + len(profile.breaks)))
        if len(rows):
            allotted[form] = (rows, cells[rows] - first)
        first += len(profile.breaks)
    return allotted


def _stretch(freedom: float, terms: int) -> float:
    tail = (1 + LEVEL) / 2
    return float(np.sqrt((freedom + terms) / freedom) * stdtrit(freedom, tail) / ndtri(tail))


def _residuals(sample: Sample, profile: Profile) -> Float[np.ndarray, " rows"]:
    """Return residuals of the best fit of one form, rows as often as they have weight."""
    i = profile.best
    fitted = (
        design(sample.t, profile.breaks[[i]], profile.form)[0]
        @ profile.coefficients[i][: TERMS[profile.form]]
    )
    residuals = imputed_residuals(fitted, float(profile.sd[i]), sample)
    share = np.cumsum(sample.weight) / sample.weight.sum()
    kept = np.searchsorted(share, (np.arange(len(sample)) + 0.5) / len(sample))
    return residuals[np.minimum(kept, len(sample) - 1)]
