"""How well a method would have done: fitted to what was known at past dates, scored on what came later.

The score is the continuous ranked probability score of log10 values, CRPS = E|X - y| - E|X - X'|/2 (Gneiting
& Raftery 2007), in orders of magnitude: of a forecast without spread it is the absolute error.  A vintage
is what had been released by its date, with the values that are known today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from armillary.core.errors import FitError, RequestError
from armillary.fitting.uncertainty import LEVEL
from armillary.trends.methods import LOGISTIC, NO_GROWTH, STRAIGHT, candidates, method_named, standard
from armillary.trends.series import Series

HORIZON = 5.0  # years ahead that are scored
MOST_VINTAGES = 12
LEAST_VINTAGES = 5  # to choose by
LEAST_SCORED = 20  # later rows, in all vintages, to widen by
TEST_DRAWS = 200
AUTO = "auto"


@dataclass(frozen=True, kw_only=True)
class Score:
    """How one method did on the rows after one vintage, or over all vintages alike."""

    method: str  # its name; auto: choosing by what had been scored until then
    crps: float  # orders of magnitude
    error: float  # mean absolute error of the median, orders of magnitude
    bias: float  # mean of median less truth, orders of magnitude
    coverage_50: float  # share of rows inside their 50% interval
    coverage_90: float  # share of rows inside their 90% interval


@dataclass(frozen=True, kw_only=True)
class Vintage:
    """One past date: what was known, what came later, how each method did."""

    date: float  # decimal year
    n_known: int  # rows until then
    n_scored: int  # rows within the horizon after it
    scores: tuple[Score, ...]


@dataclass(frozen=True, kw_only=True)
class BackTest:
    """All vintages, which methods they choose, and by how much.

    The standard is chosen unless another method beats it by more than the standard error.  The score called
    "auto" is of choosing so: at each vintage, by what had been scored until then.
    """

    horizon: float  # years
    vintages: tuple[Vintage, ...]
    scores: tuple[Score, ...]  # over all vintages, the best first
    chosen: str  # the method that projects
    standard: str  # a straight line; where a ceiling is known, a logistic curve
    rival: str  # the best method other than the standard
    lead: float  # CRPS of the standard less that of its rival, orders of magnitude
    lead_error: float  # its standard error over vintages; infinite with fewer than two
    widen: float  # what a 90% interval has to be multiplied by where too few rows fell into it, else 1
    verdict: str  # one sentence: which method, and by how much


@dataclass(frozen=True, kw_only=True, eq=False)
class _Trial:
    """Predictive draws of every method for the rows after one vintage."""

    date: float
    n_known: int
    dates: Float[np.ndarray, " rows"]
    truth: Float[np.ndarray, " rows"]
    draws: Mapping[str, Float[np.ndarray, "draws rows"]]


def back_test(
    series: Series, methods: Sequence[str] | None = None, *, horizon: float = HORIZON, seed: int = 0
) -> BackTest:
    """Score ``methods`` (those fit for the series, unless named) at the turn of every year.

    A series without enough history to hold any of it out has no vintages, and the verdict says so.  A method
    that some vintage has too few rows for is not compared.
    """
    asked = tuple(dict.fromkeys((STRAIGHT, NO_GROWTH, *(methods or candidates(series)))))
    trials = [_trial(series, asked, date, horizon, seed) for date in vintage_dates(series, horizon)]
    names = [name for name in asked if all(name in trial.draws for trial in trials)]
    kept = standard(series)
    chosen = _choose(trials, names, kept, horizon)
    earlier = [_choose(_as_known(trials, trial.date), names, kept, horizon) for trial in trials]
    vintages = tuple(_vintage(trial, names, auto) for trial, auto in zip(trials, earlier, strict=True))
    totals = _totals(vintages)
    lead = _lead(trials, names, kept, horizon)
    return BackTest(
        horizon=horizon,
        vintages=vintages,
        scores=totals,
        chosen=chosen,
        standard=kept,
        rival=lead[0],
        lead=lead[1],
        lead_error=lead[2],
        widen=_widening(trials, earlier, vintages, horizon),
        verdict=_verdict(vintages, totals, chosen, kept, lead),
    )


def vintage_dates(series: Series, horizon: float = HORIZON) -> list[float]:
    """Return turns of years with enough rows before, of several dates, and some within ``horizon`` after."""
    dates = np.sort(series.dates[series.exact])
    if len(dates) < 8:
        return []
    least = max(5, min(20, len(dates) // 3))
    years = np.arange(np.ceil(dates[0]), np.ceil(dates[-1]))
    usable = [
        float(year)
        for year in years
        if (dates <= year).sum() >= least
        and dates[dates <= year][-1] > dates[0]
        and ((dates > year) & (dates <= year + horizon)).sum() >= 1
    ]
    return usable[-MOST_VINTAGES:]


def crps(
    draws: Float[np.ndarray, "draws rows"], truth: Float[np.ndarray, " rows"]
) -> Float[np.ndarray, " rows"]:
    """Return the continuous ranked probability score of each row, in the unit of ``truth``."""
    m, ordered = len(draws), np.sort(draws, axis=0)
    rank = (2 * np.arange(1, m + 1) - m - 1)[:, None]
    score: np.ndarray = np.abs(ordered - truth).mean(0) - (rank * ordered).sum(0) / m**2
    return score


def _trial(series: Series, names: Sequence[str], date: float, horizon: float, seed: int) -> _Trial:
    known = series.until(date)
    later = series.known().take(_within(series.known().dates, date, horizon))
    draws = {}
    for name in names:
        try:
            forecast = method_named(name).sample(known, TEST_DRAWS, seed)
        except (FitError, RequestError):  # too few rows then
            continue
        draws[name] = forecast.rows(later.dates, seed)
    return _Trial(
        date=date,
        n_known=int(known.exact.sum()),
        dates=later.dates,
        truth=np.log10(later.values),
        draws=draws,
    )


def _within(dates: np.ndarray, date: float, horizon: float) -> Bool[np.ndarray, " rows"]:
    inside: np.ndarray = (dates > date) & (dates <= date + horizon)
    return inside


def _as_known(trials: Sequence[_Trial], date: float) -> list[_Trial]:
    """Return the trials as they stood on ``date``: earlier vintages, scored on rows until then."""
    cut = []
    for trial in trials:
        rows = np.flatnonzero(trial.dates <= date)
        if trial.date < date and len(rows):
            draws = {name: drawn[:, rows] for name, drawn in trial.draws.items()}
            cut.append(replace(trial, dates=trial.dates[rows], truth=trial.truth[rows], draws=draws))
    return cut


def _choose(trials: Sequence[_Trial], names: Sequence[str], kept: str, horizon: float) -> str:
    """Return the best method if it beats the one that is ``kept`` by more than the standard error."""
    best, lead, error = _lead(trials, names, kept, horizon)
    return best if len(trials) >= LEAST_VINTAGES and lead > error else kept


def _lead(
    trials: Sequence[_Trial], names: Sequence[str], kept: str, horizon: float
) -> tuple[str, float, float]:
    """Return the best method other than the one ``kept``, its lead over that, and the standard error."""
    others = [name for name in names if name != kept and not (name == STRAIGHT and kept == LOGISTIC)]
    if not trials:
        return others[0], 0.0, np.inf
    table = _crps_table(trials, (kept, *others))
    best = 1 + int(np.argmin(table[1:].mean(1)))
    ahead = table[0] - table[best]
    return others[best - 1], float(ahead.mean()), _standard_error(ahead, horizon)


def _crps_table(trials: Sequence[_Trial], names: Sequence[str]) -> Float[np.ndarray, "methods vintages"]:
    return np.array([[crps(t.draws[name], t.truth).mean() for t in trials] for name in names])


def _standard_error(differences: Float[np.ndarray, " vintages"], horizon: float) -> float:
    """Return the standard error of a mean over vintages, which share rows for as long as the horizon."""
    n = len(differences)
    independent = max(n / horizon, 1.0)
    return float(differences.std(ddof=1) / np.sqrt(independent)) if n > 1 else np.inf


def _score(method: str, draws: np.ndarray, truth: np.ndarray) -> Score:
    q05, q25, middle, q75, q95 = np.quantile(draws, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
    return Score(
        method=method,
        crps=float(crps(draws, truth).mean()),
        error=float(np.abs(middle - truth).mean()),
        bias=float((middle - truth).mean()),
        coverage_50=float(((q25 <= truth) & (truth <= q75)).mean()),
        coverage_90=float(((q05 <= truth) & (truth <= q95)).mean()),
    )


def _vintage(trial: _Trial, names: Sequence[str], auto: str) -> Vintage:
    scores = [_score(name, trial.draws[name], trial.truth) for name in names]
    scores.append(_score(AUTO, trial.draws[auto], trial.truth))
    return Vintage(date=trial.date, n_known=trial.n_known, n_scored=len(trial.truth), scores=tuple(scores))


def _totals(vintages: Sequence[Vintage]) -> tuple[Score, ...]:
    """Return the mean score of each method over vintages, the best first."""
    totals = []
    for column in zip(*(vintage.scores for vintage in vintages), strict=True):
        means = {
            key: float(np.mean([getattr(score, key) for score in column]))
            for key in ("crps", "error", "bias", "coverage_50", "coverage_90")
        }
        totals.append(Score(method=column[0].method, **means))
    return tuple(sorted(totals, key=lambda score: score.crps))


def _widening(
    trials: Sequence[_Trial], chosen: Sequence[str], vintages: Sequence[Vintage], horizon: float
) -> float:
    """Return by what to multiply intervals about their median so that 90% would have held nine rows in ten.

    Every vintage counts alike.  It is 1 where coverage falls short by no more than its standard error, or
    where too few rows were scored to say.
    """
    if len(trials) < LEAST_VINTAGES or sum(len(trial.truth) for trial in trials) < LEAST_SCORED:
        return 1.0
    coverage = np.array([vintage.scores[-1].coverage_90 for vintage in vintages])
    if coverage.mean() + _standard_error(coverage, horizon) >= LEVEL:
        return 1.0
    ratios, shares = [], []
    for trial, method in zip(trials, chosen, strict=True):
        low, middle, high = np.quantile(trial.draws[method], [0.05, 0.5, 0.95], axis=0)
        reach = np.maximum(np.where(trial.truth > middle, high - middle, middle - low), 1e-9)
        ratios.append(np.abs(trial.truth - middle) / reach)
        shares.append(np.full(len(reach), 1 / len(reach)))
    ratio, share = np.concatenate(ratios), np.concatenate(shares)
    order = np.argsort(ratio)
    reached = np.cumsum(share[order]) / share.sum()
    return max(1.0, float(ratio[order][np.searchsorted(reached, LEVEL)]))


def _verdict(
    vintages: Sequence[Vintage],
    totals: Sequence[Score],
    chosen: str,
    kept: str,
    lead: tuple[str, float, float],
) -> str:
    if not vintages:
        return f"{kept}, untested: too few rows to hold any out"
    by_name = {score.method: score for score in totals}
    other, ahead, error = lead
    side = "ahead of" if ahead > 0 else "behind"
    margin = f"{other} is {abs(ahead):.3f} +- {error:.3f} {side} {kept}"
    if len(vintages) < LEAST_VINTAGES:
        margin += f", and {len(vintages)} vintages are too few to choose by"
    auto, straight, none = (by_name[name] for name in (AUTO, STRAIGHT, NO_GROWTH))
    return (
        f"{chosen}: {margin}; over {len(vintages)} vintages ({vintages[0].date:.0f} to "
        f"{vintages[-1].date:.0f}) choosing this way had a CRPS of {auto.crps:.2f} orders of magnitude, a "
        f"straight line {straight.crps:.2f}, no growth {none.crps:.2f}; its 90% intervals held "
        f"{auto.coverage_90:.0%} of later rows"
    )
