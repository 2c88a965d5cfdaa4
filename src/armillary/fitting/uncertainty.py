"""How far a fitted law can be trusted: bootstrap refits and predictive intervals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args

import numpy as np
from jaxtyping import Float

from armillary.core.errors import FitError
from armillary.fitting.fit import Fit
from armillary.fitting.law import Curve, Law, columns_of
from armillary.fitting.solver import Problem, minimise

BootstrapKind = Literal["pair", "cluster", "residual"]
LEVEL = 0.9
LEAST_CLUSTERS = 8
NOISE_DRAWS = 16  # draws of a new run's noise for every refit, to smooth the quantiles


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An interval that should hold the quantity with probability ``level``."""

    low: float
    high: float
    level: float = LEVEL  # probability that the interval holds the quantity

    def __contains__(self, value: float) -> bool:
        return bool(self.low <= value <= self.high)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A quantity with its 90% interval."""

    value: float
    interval: Interval


def interval_of(draws: Any, level: float = LEVEL) -> Interval:
    """Return the central interval of ``draws``."""
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(low=float(low), high=float(high), level=level)


@dataclass(frozen=True, kw_only=True, eq=False)
class Draws(ABC):
    """Base: many plausible curves, and the noise of a new run in each."""

    noise: Float[np.ndarray, " draws"]  # standard deviation of a log loss

    @abstractmethod
    def laws(self) -> Curve:
        """Return all curves as one, which answers with a row for each."""

    @abstractmethod
    def take(self, n_draws: int) -> Self:
        """Return ``n_draws`` of the draws, evenly over what they are drawn from."""

    @abstractmethod
    def parameter_intervals(self, level: float = LEVEL) -> dict[str, Interval]:
        """Return the interval of each parameter by name."""

    def expected(self, inputs: Mapping[str, Any]) -> Float[np.ndarray, "draws points"]:
        """Return the loss at ``inputs`` for every draw: without a new run's noise."""
        curves = self.laws()
        return np.asarray(curves(*columns_of(curves, inputs)))

    def predictive(self, inputs: Mapping[str, Any]) -> Float[np.ndarray, "draws points"]:
        """Return losses that new runs at ``inputs`` would measure, noise included."""
        expected = np.repeat(self.expected(inputs), NOISE_DRAWS, axis=0)
        sd = np.repeat(self.noise, NOISE_DRAWS)[:, None]
        normal = np.random.default_rng(0).standard_normal((len(expected), 1))
        drawn: np.ndarray = expected * np.exp(sd * normal)
        return drawn

    def intervals(
        self, inputs: Mapping[str, Any], level: float = LEVEL, widen: float = 1.0
    ) -> list[Interval]:
        """Return a predictive interval for each point of ``inputs``.

        ``widen`` stretches it about the median on a logarithmic scale, by what a back-test has shown.
        """
        draws = np.log(self.predictive(inputs))
        tail = (1 - level) / 2
        low, middle, high = np.quantile(draws, [tail, 0.5, 1 - tail], axis=0)
        return [
            Interval(
                low=float(np.exp(m + widen * (a - m))), high=float(np.exp(m + widen * (b - m))), level=level
            )
            for a, m, b in zip(low, middle, high, strict=True)
        ]


@dataclass(frozen=True, kw_only=True, eq=False)
class Bootstrap(Draws):
    """A law refitted to many resamples: draws of its parameters, and of the noise of a new run."""

    law: type[Law]
    kind: BootstrapKind
    theta: Float[np.ndarray, "draws params"]  # transformed parameters

    def laws(self) -> Law:
        """Return one law whose parameters are columns of draws."""
        return self.law.from_theta(self.theta)

    def take(self, n_draws: int) -> Self:
        return replace(self, theta=self.theta[:n_draws], noise=self.noise[:n_draws])

    def parameter_intervals(self, level: float = LEVEL) -> dict[str, Interval]:
        """Return the interval of each parameter by name."""
        draws = self.laws().to_dict()
        return {name: interval_of(column, level) for name, column in draws.items()}


def bootstrap(fit: Fit, kind: BootstrapKind, n_draws: int = 1000, seed: int = 0) -> Bootstrap:
    """Refit to ``n_draws`` resamples, all at once, each started at the optimum.

    ``pair`` resamples observations, ``cluster`` whole lineages: both need many of what they resample.
    ``residual`` keeps the design, draws new noise about the law (its size too, so that intervals have the
    tails of few degrees of freedom) and, where there is a prior, moves its centre as far as it is vague:
    the randomised maximum a posteriori draw of Bardsley et al. 2014.
    """
    if kind not in get_args(BootstrapKind):
        raise ValueError(f"no bootstrap is called {kind!r}; there are {', '.join(get_args(BootstrapKind))}")
    rng = np.random.default_rng(seed)
    sd = fit.noise.draw_sd(rng, n_draws)
    task = _redrawn(fit, rng, sd) if kind == "residual" else _resampled(fit, kind, rng, n_draws)
    starts = np.repeat(task.in_units(fit.law)[None], n_draws, axis=0)
    found = minimise(task, starts, fit.objective)
    return Bootstrap(law=type(fit.law), kind=kind, theta=_restored(task, found.theta), noise=sd)


def _restored(task: Problem, theta: np.ndarray) -> Float[np.ndarray, "draws params"]:
    """Return draws for inputs as they were given.

    A resample can drive an exponent so high that its coefficient is beyond float64 in those units; the
    draw before takes its place.
    """
    with np.errstate(over="ignore", divide="ignore"):
        restored: np.ndarray = task.restored(theta).theta()
    whole = np.isfinite(restored).all(1)
    last_whole = np.maximum.accumulate(np.where(whole, np.arange(len(whole)), -1))
    return restored[np.where(last_whole < 0, np.argmax(whole), last_whole)]


def _redrawn(fit: Fit, rng: np.random.Generator, sd: Float[np.ndarray, " draws"]) -> Problem:
    task, noise = fit.problem(), fit.noise.draw(rng, len(sd))
    drawn = replace(task, targets=np.log(fit.losses) - fit.residuals + sd[:, None] * noise)
    if fit.prior is None:
        return drawn
    vague = np.where(np.isfinite(fit.prior.spread), fit.prior.spread, 0.0)
    return replace(drawn, centre=task.centre + vague * rng.standard_normal((len(sd), len(vague))))


def _resampled(fit: Fit, kind: BootstrapKind, rng: np.random.Generator, n_draws: int) -> Problem:
    lineage = np.array(fit.noise.lineage) if kind == "cluster" else np.arange(len(fit.losses))
    n_clusters = int(lineage.max()) + 1
    if kind == "cluster" and n_clusters < LEAST_CLUSTERS:
        raise FitError(
            f"a cluster bootstrap resamples lineages and there are {n_clusters}; it needs {LEAST_CLUSTERS}, "
            "so train more trunks, or use the residual bootstrap"
        )
    counts = rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), n_draws)
    return replace(fit.problem(), weights=counts[:, lineage].astype(np.float64))
