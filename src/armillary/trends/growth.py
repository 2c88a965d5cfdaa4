"""How fast a quantity grows, and whether that changed: log10 of it regressed on the date."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from armillary.core.errors import FitError
from armillary.fitting.uncertainty import LEVEL, Estimate, Interval, interval_of
from armillary.trends.breaks import BENT, Form, Profile, profiles, weights
from armillary.trends.censoring import Sample
from armillary.trends.forecast import power
from armillary.trends.lines import N_DRAWS, sample_lines
from armillary.trends.series import Series

LEAST_ROWS = 5


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Growth between two decimal years."""

    since: float  # decimal year
    until: float  # decimal year
    slope: Estimate  # orders of magnitude a year
    per_year: Estimate  # factor
    doubling_months: Estimate  # negative where it halves; an end is infinite where growth may be none


@dataclass(frozen=True, kw_only=True)
class TrendForm:
    """One form of the trend and what speaks for it."""

    form: Form  # of the line
    bic: float  # Bayesian information criterion; lower is better
    weight: float  # in projections averaged over forms
    date: Estimate | None  # decimal year, its interval from the profile; None for a straight line
    jump: float  # factor between the two lines at the break; 1 where they meet
    rates: tuple[Rate, ...]  # one, or before and after the break


@dataclass(frozen=True, kw_only=True, eq=False)
class Growth:
    """The growth of a series, and whether it changed."""

    quantity: str  # its name
    unit: str
    selection: str  # of rows, in words
    n_rows: int  # with a value
    n_bounded: int  # known by bounds alone
    overall: Rate  # of one straight line
    without_bounded: Rate | None  # the same without rows known by bounds alone, where there are such
    scatter: float  # standard deviation of rows about the straight line, orders of magnitude
    forms: tuple[TrendForm, ...]  # the most supported first
    latest: Rate  # at the end of the series, averaged over forms
    profile_dates: Float[np.ndarray, " grid"]  # where a break was tried; empty when rows are few
    profile_weights: Float[np.ndarray, " grid"]  # support for a break there, over both forms; sums to one


def fit_growth(series: Series, *, n_draws: int = N_DRAWS, seed: int = 0) -> Growth:
    """Fit a line, a kink and a kink with a jump to ``series``.

    Raises FitError when fewer than five rows have values, or all have one date.
    """
    sample = checked_sample(series)
    found = profiles(sample)
    dates, support = _break_support(sample, found)
    bounded = int((~series.exact).sum())
    averaged = sample_lines(sample, found, n_draws, seed)
    forms = [_form_facts(sample, found, form, n_draws, seed) for form in found]
    growth_at_end = averaged.slope(end := float(series.dates.max()))
    return Growth(
        quantity=series.quantity,
        unit=series.unit,
        selection=series.selection,
        n_rows=int(series.exact.sum()),
        n_bounded=bounded,
        overall=forms[0].rates[0],
        without_bounded=_overall(Sample.of(series.known()), n_draws, seed) if bounded else None,
        scatter=float(found["straight"].sd[0]),
        forms=tuple(sorted(forms, key=lambda form: form.bic)),
        latest=rate(end, end, float(np.median(growth_at_end)), growth_at_end),
        profile_dates=dates,
        profile_weights=support,
    )


def checked_sample(series: Series) -> Sample:
    """Return ``series`` for regression.  FitError when it cannot have a growth rate."""
    n = int(series.exact.sum())
    if n < LEAST_ROWS:
        raise FitError(
            f"{series.quantity} ({series.selection}) has {n} rows with a value, a trend needs {LEAST_ROWS}; "
            "widen the selection or the span of dates"
        )
    if np.ptp(series.dates[series.exact]) == 0:
        raise FitError(
            f"all {n} rows of {series.quantity} ({series.selection}) have one date; a trend needs several"
        )
    return Sample.of(series)


def rate(since: float, until: float, slope: float, draws: Float[np.ndarray, " draws"]) -> Rate:
    """Return growth of ``slope`` orders of magnitude a year in other terms, with 90% intervals."""
    interval = interval_of(draws)
    factor = Interval(low=power(interval.low), high=power(interval.high), level=LEVEL)
    return Rate(
        since=since,
        until=until,
        slope=Estimate(value=slope, interval=interval),
        per_year=Estimate(value=power(slope), interval=factor),
        doubling_months=Estimate(value=_doubling(slope), interval=_doubling_interval(slope, interval)),
    )


def _overall(sample: Sample, n_draws: int, seed: int) -> Rate:
    found = profiles(sample, ("straight",))
    draws = sample_lines(sample, found, n_draws, seed).coefficients[:, 1]
    return rate(*_span(sample), float(found["straight"].coefficients[0, 1]), draws)


def _form_facts(sample: Sample, found: dict[Form, Profile], form: Form, n_draws: int, seed: int) -> TrendForm:
    profile, (since, until) = found[form], _span(sample)
    lines = sample_lines(sample, {form: profile}, n_draws, seed)
    _, slope, bend, jump = (float(c) for c in profile.coefficients[profile.best])
    before = rate(since, until, slope, lines.coefficients[:, 1])
    date: Estimate | None = None
    rates: tuple[Rate, ...] = (before,)
    if form in BENT:
        at = float(sample.origin + profile.breaks[profile.best])
        date = Estimate(value=at, interval=profile.interval(sample.origin))
        after = rate(at, until, slope + bend, lines.coefficients[:, 1] + lines.coefficients[:, 2])
        rates = (replace(before, until=at), after)
    return TrendForm(
        form=form, bic=profile.bic, weight=weights(found)[form], date=date, jump=power(jump), rates=rates
    )


def _span(sample: Sample) -> tuple[float, float]:
    return float(sample.origin + sample.t.min()), float(sample.origin + sample.t.max())


def _break_support(
    sample: Sample, found: dict[Form, Profile]
) -> tuple[Float[np.ndarray, " grid"], Float[np.ndarray, " grid"]]:
    """Return the dates at which a break was tried, and the weight of each given that there is a break."""
    bent: dict[Form, Profile] = {form: profile for form, profile in found.items() if form in BENT}
    if not bent:
        return np.empty(0), np.empty(0)
    share = weights(bent)
    support = sum((share[form] * profile.share for form, profile in bent.items()), np.zeros(1))
    return sample.origin + bent["kink"].breaks, support


def _doubling(slope: float) -> float:
    return 12 * math.log10(2) / slope if slope else math.inf


def _doubling_interval(slope: float, interval: Interval) -> Interval:
    """Return months of doubling (of halving, below zero), without end where growth may be none."""
    ends = sorted(_doubling(end) for end in (interval.low, interval.high))
    if interval.low <= 0 <= interval.high:
        grows = slope >= 0
        ends = [_doubling(interval.high), math.inf] if grows else [-math.inf, _doubling(interval.low)]
    return Interval(low=ends[0], high=ends[1], level=interval.level)
