"""Growth that ends: logistic, Gompertz and Bass curves, for adoption and demand.

log10 y = log10 K + s(t), errors of constant size on the logarithmic scale.  Two or three numbers shape s and
stand on a grid that closes in on where they have support; the ceiling K and the scatter follow in closed
form.  With flat priors on the shape and on log K, and 1/sd on the scatter, a shape has the weight
RSS^(-(n - 1)/2), so draws need no search that could fail.

All three curves begin as exponential growth.  Where that fits about as well, the data know of no ceiling:
none is then reported, but the lowest that they leave possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

from armillary.core.errors import FitError, UnknownNameError
from armillary.fitting.uncertainty import LEVEL, Estimate, Interval, interval_of
from armillary.trends.censoring import Sample
from armillary.trends.forecast import LARGEST, Forecast, power
from armillary.trends.growth import checked_sample
from armillary.trends.series import Series

N_DRAWS = 1000
ZOOMS = 4
NEGLIGIBLE = 1e-5  # of the largest weight: what the grid may leave out
LN10 = float(np.log(10))


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A curve between 0 and 1: its log, the range of its parameters, how many values each takes."""

    name: str
    formula: str
    citation: str
    parameters: Mapping[str, int]  # points of the grid by name
    dates: frozenset[str]  # parameters that are decimal years; the others are rates a year, on a log scale
    log_share: Callable[..., Any]  # (t, *parameters) -> ln of the share of the ceiling
    inflection: Callable[..., Any]  # (*parameters) -> decimal year of fastest growth


def _logistic(t: Any, rate: Any, midpoint: Any) -> Any:
    return -np.logaddexp(0.0, -rate * (t - midpoint))


def _gompertz(t: Any, rate: Any, midpoint: Any) -> Any:
    return -np.exp(np.minimum(-rate * (t - midpoint), 300.0))


def _bass(t: Any, innovation: Any, imitation: Any, launch: Any) -> Any:
    age = np.maximum(t - launch, 1e-9)
    steep = (innovation + imitation) * age
    return np.log(-np.expm1(-steep)) - np.logaddexp(0.0, np.log(imitation / innovation) - steep)


S_CURVES = {
    shape.name: shape
    for shape in (
        Shape(
            name="logistic",
            formula="y = K / (1 + exp(-rate (t - midpoint)))",
            citation="Verhulst 1838; Griliches 1957, Hybrid corn, Econometrica 25",
            parameters={"rate": 60, "midpoint": 60},
            dates=frozenset({"midpoint"}),
            log_share=_logistic,
            inflection=lambda rate, midpoint: midpoint,  # noqa: ARG005
        ),
        Shape(
            name="gompertz",
            formula="y = K exp(-exp(-rate (t - midpoint)))",
            citation="Gompertz 1825; Winsor 1932, The Gompertz curve as a growth curve, PNAS 18",
            parameters={"rate": 60, "midpoint": 60},
            dates=frozenset({"midpoint"}),
            log_share=_gompertz,
            inflection=lambda rate, midpoint: midpoint,  # noqa: ARG005
        ),
        Shape(
            name="bass",
            formula="y = K (1 - exp(-(p + q) u)) / (1 + (q/p) exp(-(p + q) u)), u = t - launch",
            citation="Bass 1969, A new product growth for model consumer durables, Management Science 15",
            parameters={"p": 24, "q": 30, "launch": 16},
            dates=frozenset({"launch"}),
            log_share=_bass,
            inflection=lambda p, q, launch: launch + np.log(q / p) / (p + q),
        ),
    )
}


@dataclass(frozen=True, kw_only=True, eq=False)
class SCurves(Forecast):
    """Draws of one S-curve."""

    shape: Shape
    parameters: Float[np.ndarray, "draws params"]
    log_ceiling: Float[np.ndarray, " draws"]  # log10

    def trend(self, years: Float[np.ndarray, " years"]) -> Float[np.ndarray, "draws years"]:
        columns = (column[:, None] for column in self.parameters.T)
        course = self.log_ceiling[:, None] + self.shape.log_share(years, *columns) / LN10
        bounded: np.ndarray = np.maximum(course, -LARGEST)
        return bounded


@dataclass(frozen=True, kw_only=True)
class SCurveFit:
    """An S-curve and what the data know of it."""

    curve: str  # its name
    formula: str
    citation: str
    n_rows: int
    scatter: float  # orders of magnitude
    parameters: dict[str, Estimate]  # rates a year, dates as decimal years
    inflection: Estimate  # decimal year of fastest growth
    ceiling: Estimate | None  # in the series' unit; None where the data do not identify it
    ceiling_at_least: float  # the lowest that the data leave possible, at 95%
    advice: str  # what follows where the ceiling is not identified, else empty


def fit_s_curve(series: Series, curve: str, *, n_draws: int = N_DRAWS, seed: int = 0) -> SCurveFit:
    """Fit ``curve`` (logistic, gompertz or bass) to the rows of ``series`` that have values.

    A ceiling that the series knows is held.  Raises FitError when rows are too few for the curve,
    UnknownNameError for another curve.
    """
    grid = _grid(series, curve)
    draws = grid.draw(n_draws, seed)
    identified = series.ceiling is not None or grid.ends_growth
    least = power(float(np.min(grid.log_ceiling[grid.supported])))
    advice = "" if identified else (
        f"exponential growth fits as well, so no ceiling is identified, only that it is above {least:.3g} "
        f"{series.unit}; name a known one with --ceiling"
    )  # fmt: skip
    likeliest = grid.parameters[np.argmin(grid.rss)]
    inflection = draws.shape.inflection(*draws.parameters.T)
    top = Estimate(
        value=power(float(grid.log_ceiling[np.argmin(grid.rss)])), interval=_powers(draws.log_ceiling)
    )
    return SCurveFit(
        curve=curve,
        formula=draws.shape.formula,
        citation=draws.shape.citation,
        n_rows=len(grid.sample),
        scatter=float(np.sqrt(grid.rss.min() / grid.freedom)),
        parameters={
            name: Estimate(value=float(value), interval=interval_of(column))
            for name, value, column in zip(draws.shape.parameters, likeliest, draws.parameters.T, strict=True)
        },
        inflection=Estimate(
            value=float(draws.shape.inflection(*likeliest)), interval=interval_of(inflection)
        ),
        ceiling=top if identified else None,
        ceiling_at_least=least,
        advice=advice,
    )


def sample_s_curves(series: Series, curve: str, *, n_draws: int = N_DRAWS, seed: int = 0) -> SCurves:
    """Draw curves as plausible as the data find them.  Raises as ``fit_s_curve`` does."""
    return _grid(series, curve).draw(n_draws, seed)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Grid:
    """Shapes of one curve with the ceiling and the sum of squares that each leads to."""

    shape: Shape
    sample: Sample
    held: float | None  # log10 of a known ceiling
    parameters: Float[np.ndarray, "cells params"] = field(repr=False)
    log_ceiling: Float[np.ndarray, " cells"]
    rss: Float[np.ndarray, " cells"]

    @property
    def freedom(self) -> int:
        return len(self.sample) - len(self.shape.parameters) - (self.held is None)

    @property
    def weight(self) -> Float[np.ndarray, " cells"]:
        floor = max(float(self.rss.min()), 1e-12)
        power = -(len(self.sample) - (self.held is None)) / 2
        weight: np.ndarray = (np.maximum(self.rss, floor) / floor) ** power
        return weight

    @property
    def supported(self) -> Any:
        """Which shapes a test at 90% does not refuse against the best."""
        return self.rss <= max(self.rss.min(), 1e-24) * (1 + self._critical)

    @property
    def ends_growth(self) -> bool:
        """Whether a straight line, which has no ceiling, is refused."""
        line = np.polynomial.Polynomial.fit(self.sample.t, self.sample.y, 1)
        rss = float(((self.sample.y - line(self.sample.t)) ** 2).sum())
        return bool(rss > self.rss.min() * (1 + self._critical))

    @property
    def _critical(self) -> float:
        return float(stdtrit(self.freedom, (1 + LEVEL) / 2) ** 2 / self.freedom)

    def draw(self, n_draws: int, seed: int) -> SCurves:
        rng = np.random.default_rng(seed)
        cumulative = np.cumsum(self.weight)
        cells = np.searchsorted(cumulative / cumulative[-1], (np.arange(n_draws) + 0.5) / n_draws)
        cells = rng.permutation(np.minimum(cells, len(cumulative) - 1))
        sd = np.sqrt(self.rss[cells] / rng.chisquare(self.freedom, n_draws))
        wander = (
            0.0 if self.held is not None else sd * rng.standard_normal(n_draws) / np.sqrt(len(self.sample))
        )
        best = int(np.argmin(self.rss))
        residuals = self.sample.y - _course(
            self.shape, self.sample, self.parameters[[best]], self.log_ceiling[best]
        )
        spread = max(float(np.sqrt(self.rss[best] / len(self.sample))), 1e-12)
        return SCurves(
            shape=self.shape,
            parameters=self.parameters[cells],
            log_ceiling=self.log_ceiling[cells] + wander,
            sd=sd,
            residuals=residuals[0] / spread,
        )


def _grid(series: Series, curve: str) -> _Grid:
    if curve not in S_CURVES:
        raise UnknownNameError("S-curve", curve, S_CURVES)
    shape, sample = S_CURVES[curve], checked_sample(series.known())
    needed = len(shape.parameters) + (series.ceiling is None) + 2
    if len(sample) < needed:
        raise FitError(
            f"a {curve} curve needs {needed} rows with a value and {series.quantity} ({series.selection}) "
            f"has {len(sample)}; fit a straight line with --method straight"
        )
    held = None if series.ceiling is None else float(np.log10(series.ceiling))
    axes = _ranges(shape, sample)
    grid = _cells(shape, sample, held, axes)
    for _ in range(ZOOMS):
        kept = grid.parameters[grid.weight > NEGLIGIBLE]
        axes = {name: _around(kept[:, i], axis) for i, (name, axis) in enumerate(axes.items())}
        grid = _cells(shape, sample, held, axes)
    return grid


def _ranges(shape: Shape, sample: Sample) -> dict[str, Float[np.ndarray, " values"]]:
    """Return the first grid: rates from a fiftieth to 50 over the span, dates up to two spans beyond it."""
    first, last = sample.origin + float(sample.t.min()), sample.origin + float(sample.t.max())
    span = last - first
    dates = {"midpoint": (first - span, last + 2 * span), "launch": (first - span, first - 1e-3 * span)}
    slow = {"p": 1e-4, "q": 0.02, "rate": 0.02}
    return {
        name: np.linspace(*dates[name], n)
        if name in shape.dates
        else np.geomspace(slow[name] / span, 50 / span, n)
        for name, n in shape.parameters.items()
    }


def _around(kept: Float[np.ndarray, " cells"], axis: Float[np.ndarray, " values"]) -> np.ndarray:
    """Return an axis as fine as before, from the value below those kept to the one above."""
    inside = np.flatnonzero((axis >= kept.min()) & (axis <= kept.max()))
    low, high = axis[max(inside[0] - 1, 0)], axis[min(inside[-1] + 1, len(axis) - 1)]
    even = np.allclose(np.diff(axis), axis[1] - axis[0], rtol=1e-6)
    return np.linspace(low, high, len(axis)) if even else np.geomspace(low, high, len(axis))


def _cells(shape: Shape, sample: Sample, held: float | None, axes: Mapping[str, np.ndarray]) -> _Grid:
    parameters = np.stack([mesh.ravel() for mesh in np.meshgrid(*axes.values(), indexing="ij")], axis=1)
    rest = sample.y - _course(shape, sample, parameters, 0.0)
    log_ceiling = rest.mean(1) if held is None else np.full(len(rest), held)
    rss = ((rest - log_ceiling[:, None]) ** 2).sum(1)
    return _Grid(
        shape=shape, sample=sample, held=held, parameters=parameters, log_ceiling=log_ceiling, rss=rss
    )


def _course(
    shape: Shape, sample: Sample, parameters: Float[np.ndarray, "cells params"], log_ceiling: float
) -> Float[np.ndarray, "cells points"]:
    columns = (column[:, None] for column in parameters.T)
    course: np.ndarray = log_ceiling + shape.log_share(sample.origin + sample.t, *columns) / LN10
    return course


def _powers(orders: Float[np.ndarray, " draws"]) -> Interval:
    found = interval_of(orders)
    return Interval(low=power(found.low), high=power(found.high), level=LEVEL)
