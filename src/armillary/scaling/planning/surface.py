"""Loss over size and data, once as the law says it and once for every draw of the law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from armillary.core.errors import FitError
from armillary.fitting.law import Curve, Values
from armillary.fitting.uncertainty import LEVEL, Interval, interval_of
from armillary.scaling.compute import FlopsPerToken, optimal_split
from armillary.scaling.family import FamilyFit
from armillary.scaling.laws.data_constrained import effective_tokens
from armillary.scaling.observations import FLOP_PER_PARAM_TOKEN
from armillary.scaling.planning.named import NamedLaw
from armillary.scaling.planning.plan import LawFacts, Quantity

LossOf = Callable[[Values, Values], Values]  # (n_params, n_tokens) -> nats per unit
R_DATA, R_SIZE = 15.387756, 5.309743  # repeats of tokens and excess of parameters that decay to 1/e
R_SOURCE = "R*_D 15.39 and R*_N 5.31 of Muennighoff et al. 2023, arXiv:2305.16264, appendix A (C4)"
WIDEST = 70.0  # e-folds: further than any two quantities of training are apart
CLOSE = 1e-9  # e-folds between the ends of a bracket at which a root is found
ROUNDS = 60  # at most; mostly a dozen
ANCHOR = (
    70e9,
    5.76e23,
)  # N and FLOP of Chinchilla: where the search for the best size of published laws starts


@dataclass(frozen=True, kw_only=True, eq=False)
class LossSurface:
    """A law of loss over size and data, with its draws and what a token costs.

    Every question is a function of one ``LossOf``; ``ask`` puts it to the law and to all draws at once,
    whose parameters are columns, so that answers are of shape (1,) and (draws, 1).
    """

    facts: LawFacts
    law: Curve
    draws: Curve | None  # parameters of shape (draws, 1); None: a published law
    cost: FlopsPerToken
    anchor: tuple[float, float]  # N and FLOP near the law's optimum
    fit: FamilyFit | None = None  # None: a published law
    noise: float = 0.0  # standard deviation of a run's log loss about the law; 0: a published law
    level: float = LEVEL  # of intervals

    @classmethod
    def of_named(cls, named: NamedLaw, level: float = LEVEL) -> LossSurface:
        """Return a published law as a surface: 6 FLOP for a parameter and token, no draws."""
        facts = LawFacts(
            name=named.name,
            family="",
            formula=named.law.formula,
            source=named.source,
            parameters=named.law.to_dict(),
            standard_errors=named.standard_errors,
            n_observations=0,
            n_draws=0,
            largest_flops=None,
            flops_per_param_token=FLOP_PER_PARAM_TOKEN,
        )
        cost = FlopsPerToken(slope=FLOP_PER_PARAM_TOKEN, offset=0.0)
        return cls(facts=facts, law=named.law, draws=None, cost=cost, anchor=ANCHOR, level=level)

    @classmethod
    def of_fit(cls, fit: FamilyFit, level: float = LEVEL) -> LossSurface:
        """Return a fitted law as a surface.  FitError when it does not tell size from data."""
        if not fit.knows_size:
            raise FitError(
                f"the law {fit.law.name} is over {' and '.join(fit.law.inputs)} and knows no best size; "
                "fit one over n_params and n_tokens: armillary fit RUNS --law chinchilla"
            )
        last = max(fit.observations, key=lambda row: row.train_flops)
        facts = LawFacts(
            name=fit.law.name,
            family=fit.family,
            formula=fit.law.formula,
            source=f"fitted to {len(fit.observations)} runs by {fit.method}",
            parameters=fit.law.to_dict(),
            standard_errors={},
            n_observations=len(fit.observations),
            n_draws=len(fit.draws.noise),
            largest_flops=fit.largest_compute,
            flops_per_param_token=fit.cost.slope,
        )
        anchor = (last.n_params, last.train_flops)
        return cls(
            facts=facts,
            law=fit.law,
            draws=fit.draws.laws(),
            cost=fit.cost,
            anchor=anchor,
            fit=fit,
            noise=fit.noise,
            level=level,
        )

    def loss_of(self, law: Curve) -> LossOf:
        """Return ``law`` over size and tokens that are seen once."""
        return lambda n_params, n_tokens: self._at(law, n_params, n_tokens, n_tokens)

    def loss_of_repeated(self, law: Curve, unique: float) -> LossOf:
        """Return ``law`` over size and tokens of which ``unique`` differ.

        A law that was fitted to repeated data has its own constants; any other counts tokens and excess
        parameters as Muennighoff et al. (2023), equations 5 and 6, do, with their constants.
        """
        if "n_unique_tokens" in law.inputs:
            return lambda n_params, n_tokens: self._at(law, n_params, n_tokens, unique)
        once = self.loss_of(law)
        useful = self.size_for(law, unique)
        return lambda n_params, n_tokens: once(
            effective_tokens(useful, n_params, R_SIZE), effective_tokens(unique, n_tokens, R_DATA)
        )

    def split(self, law: Curve, train_flops: Values) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return (N, D) of the lowest loss under ``law`` at ``train_flops`` of shape (1,) or (draws, 1)."""
        asked = np.atleast_1d(np.asarray(train_flops, dtype=np.float64))
        compute = np.where(np.isfinite(asked), asked, self.anchor[1])
        start = self.anchor[0] * float(np.sqrt(compute.min() / self.anchor[1]))
        n_params, n_tokens = optimal_split(self.loss_of(law), self.cost, compute, start)
        endless = np.isinf(asked)  # what no compute reaches takes a model without end
        return np.asarray(np.where(endless, np.inf, n_params)), np.asarray(
            np.where(endless, np.inf, n_tokens)
        )

    def best_loss(self, law: Curve, train_flops: Values) -> NDArray[Any]:
        """Return the lowest loss that ``train_flops`` buys under ``law``."""
        return np.asarray(self.loss_of(law)(*self.split(law, train_flops)))

    def size_for(self, law: Curve, n_tokens: float) -> NDArray[Any]:
        """Return the compute-optimal size for ``n_tokens`` tokens seen once."""

        def excess(log_compute: NDArray[Any]) -> NDArray[Any]:
            return np.asarray(np.log(self.split(law, np.exp(log_compute))[1] / n_tokens))

        compute = solve_rising(excess, self._like_draws(law, np.log(self.anchor[1])))
        sizes, _ = self.split(law, np.exp(compute))
        return sizes

    def compute_for(self, law: Curve, loss: Values) -> NDArray[Any]:
        """Return the least compute that reaches ``loss`` under ``law``; infinite where none does."""

        def gap(log_compute: NDArray[Any]) -> NDArray[Any]:
            return np.asarray(np.asarray(loss) - self.best_loss(law, np.exp(log_compute)))

        return np.asarray(np.exp(solve_rising(gap, self._like_draws(law, np.log(self.anchor[1])))))

    def ask(self, question: Callable[[Curve], NDArray[Any]]) -> Quantity:
        """Return the law's answer to ``question`` with the interval that the draws' answers make."""
        [answer] = self.ask_all(lambda law: (question(law),))
        return answer

    def ask_all(self, question: Callable[[Curve], tuple[NDArray[Any], ...]]) -> tuple[Quantity, ...]:
        """Return the law's answers to a ``question`` that has several, with their intervals."""
        points = question(self.law)
        draws = [None] * len(points) if self.draws is None else question(self.draws)
        return tuple(self.quantity(point, drawn) for point, drawn in zip(points, draws, strict=True))

    def quantity(self, point: Any, draws: Any) -> Quantity:
        """Return ``point`` with the median and the interval of ``draws``; None of them: neither."""
        value = float(np.asarray(point).reshape(-1)[0])
        if draws is None:
            return Quantity(value=value, median=None, interval=None)
        drawn = np.asarray(draws, dtype=np.float64).reshape(-1)
        interval = interval_with_infinity(drawn, self.level)
        return Quantity(value=value, median=float(np.median(drawn)), interval=interval)

    def _like_draws(self, law: Curve, value: float) -> Float[np.ndarray, "*draws 1"]:
        """Return ``value`` once for each of the parameter sets that ``law`` holds."""
        loss = np.asarray(self.loss_of(law)(np.array([self.anchor[0]]), np.array([self.anchor[0]])))
        return np.full(loss.shape if loss.ndim > 1 else (1,), value)

    def _at(self, law: Curve, n_params: Values, n_tokens: Values, unique: Values) -> Values:
        inputs = {
            "n_params": n_params,
            "n_tokens": n_tokens,
            "n_unique_tokens": unique,
            "train_flops": self.cost.at(n_params) * n_tokens,
        }
        return law(*(inputs[name] for name in law.inputs))


def interval_with_infinity(draws: NDArray[Any], level: float) -> Interval:
    """Return the central interval of ``draws``, some of which may be infinite."""
    if np.isfinite(draws).all():
        return interval_of(draws, level)
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], method="inverted_cdf")
    return Interval(low=float(low), high=float(high), level=level)


def solve_rising(
    function: Callable[[NDArray[Any]], NDArray[Any]], start: NDArray[Any]
) -> Float[np.ndarray, "*shape"]:
    """Return where ``function``, which rises, is zero, within 70 of ``start``.

    Elementwise, by the method of Chandrupatla (1997): inverse quadratic interpolation where it is safe,
    bisection elsewhere.  Infinite where the function is still below zero at the upper end.
    """
    old, new = start - WIDEST, start + WIDEST  # they bracket the root
    f_old, f_new = function(old), function(new)
    reached, share = f_new >= 0, np.full(f_new.shape, 0.5)
    for _ in range(ROUNDS):
        probe = new + share * (old - new)
        f_probe = function(probe)
        same = np.sign(f_probe) == np.sign(f_new)
        last, f_last = np.where(same, new, old), np.where(same, f_new, f_old)
        old, f_old = np.where(same, old, new), np.where(same, f_old, f_new)
        new, f_new = probe, f_probe
        width = np.abs(old - new)
        if (~reached | (width < 2 * CLOSE) | (f_new == 0)).all():
            break
        share = _next_share((new, old, last), (f_new, f_old, f_last), CLOSE / np.maximum(width, 2 * CLOSE))
    nearest = np.where(np.abs(f_new) < np.abs(f_old), new, old)
    return np.asarray(np.where(reached, nearest, np.inf))


def _next_share(x: tuple[Any, ...], f: tuple[Any, ...], least: Any) -> NDArray[Any]:
    """Return how far between its bracket's ends the next probe lies: interpolated, or in the middle."""
    (a, b, c), (fa, fb, fc) = x, f
    with np.errstate(divide="ignore", invalid="ignore"):
        position, level = (a - b) / (c - b), (fa - fb) / (fc - fb)
        safe = (level**2 < position) & ((1 - level) ** 2 < 1 - position)
        quadratic = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    return np.asarray(np.clip(np.where(safe, quadratic, 0.5), least, 1 - least))
