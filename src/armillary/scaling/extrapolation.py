"""The loss of a model larger than any that was trained, and the check of such a claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from armillary.core.errors import RequestError
from armillary.core.units import format_count, format_flop
from armillary.fitting.conformal import conformal_interval
from armillary.fitting.uncertainty import Interval
from armillary.scaling.family import FamilyFit
from armillary.scaling.observations import Observation

LEAST_REACH = 10.0  # a passed back-test carries at least this far beyond the largest compute
WIDEST = 1.25  # upper over lower end of a 90% interval that still says something


@dataclass(frozen=True, kw_only=True)
class Extrapolation:
    """What a fitted law says about one model."""

    law: str
    family: str
    n_params: float
    n_tokens: float
    train_flops: float
    n_unique_tokens: float  # distinct ones among n_tokens
    loss: float  # nats per unit
    interval_50: Interval  # predictive: of the loss that one new run would measure
    interval_90: Interval
    conformal_90: Interval | None  # from the back-test's errors; None: too few runs were held out for it
    compute_ratio: float  # train_flops over the largest that was fitted
    supported: bool  # whether the back-test carries a prediction this far out
    advice: str  # what to change when it does not; empty when it does


@dataclass(frozen=True, kw_only=True)
class HeldOutCheck:
    """A prediction against the model that was trained afterwards."""

    name: str  # of the run that was held out
    extrapolation: Extrapolation
    measured: float
    error: float  # predicted over measured loss, minus one
    inside: bool  # whether the 90% interval held it


def extrapolate(
    fit: FamilyFit,
    *,
    n_params: float | None = None,
    n_tokens: float | None = None,
    train_flops: float | None = None,
    n_unique_tokens: float | None = None,
) -> Extrapolation:
    """Predict the loss of one model with the law of ``fit``.

    Of size, data and compute, two say which model; the third follows from the FLOP per token that the
    fitted runs had.  Compute alone means its best split.  Without ``n_unique_tokens`` no token is seen
    twice.  RequestError when that is not enough, or when the law takes no account of repeats.
    """
    n_params, n_tokens, train_flops = _completed(fit, n_params, n_tokens, train_flops)
    inputs = {
        "n_params": n_params,
        "n_tokens": n_tokens,
        "train_flops": train_flops,
        "n_unique_tokens": _unique(fit, n_tokens, n_unique_tokens),
    }
    widen = fit.back_test.widen
    [half] = fit.draws.intervals(inputs, 0.5, widen)
    [most] = fit.draws.intervals(inputs, 0.9, widen)
    loss = float(fit.expected(inputs)[0])
    ratio = train_flops / fit.largest_compute
    advice = _advice(fit, ratio, most)
    return Extrapolation(
        law=fit.law.name,
        family=fit.family,
        **inputs,
        loss=loss,
        interval_50=half,
        interval_90=most,
        conformal_90=conformal_interval(fit.back_test, loss, ratio),
        compute_ratio=ratio,
        supported=not advice,
        advice=advice,
    )


def check_held_out(extrapolation: Extrapolation, measured: float, name: str = "") -> HeldOutCheck:
    """Hold a prediction against the loss that the model had when it was trained."""
    return HeldOutCheck(
        name=name,
        extrapolation=extrapolation,
        measured=measured,
        error=extrapolation.loss / measured - 1,
        inside=measured in extrapolation.interval_90,
    )


def reach(fit: FamilyFit) -> float:
    """Return how many times the largest fitted compute the back-test carries.

    As far beyond the data as the data are wide, on a logarithmic scale: a curve seen over a factor of
    30 is trusted over another factor of 30.
    """
    return max(LEAST_REACH, fit.compute_span)


def _completed(
    fit: FamilyFit, n_params: float | None, n_tokens: float | None, train_flops: float | None
) -> tuple[float, float, float]:
    for name, value in (("n_params", n_params), ("n_tokens", n_tokens), ("train_flops", train_flops)):
        if value is not None and not (np.isfinite(value) and value > 0):
            raise RequestError(f"{name} is {value:g}; it has to be above zero")
    if n_params is not None and n_tokens is not None:
        return n_params, n_tokens, train_flops or float(n_tokens * fit.cost.at(n_params))
    if train_flops is None:
        given = "n_params" if n_params is not None else "n_tokens" if n_tokens is not None else "nothing"
        raise RequestError(f"{given} alone is no model; give n_params and n_tokens, or train_flops")
    if n_params is not None:
        return n_params, float(fit.cost.tokens(train_flops, n_params)), train_flops
    if n_tokens is not None:
        size = (train_flops / n_tokens - fit.cost.offset) / fit.cost.slope
        if size <= 0:
            raise RequestError(
                f"{format_flop(train_flops)} FLOP are too few for {format_count(n_tokens)} tokens "
                "of any model; give fewer tokens"
            )
        return size, n_tokens, train_flops
    sizes, tokens = fit.split(np.array([train_flops]))
    return float(sizes[0]), float(tokens[0]), train_flops


def _unique(fit: FamilyFit, n_tokens: float, n_unique_tokens: float | None) -> float:
    if n_unique_tokens is None or n_unique_tokens >= n_tokens:
        return n_tokens
    if n_unique_tokens <= 0:
        raise RequestError(f"n_unique_tokens is {n_unique_tokens:g}; it has to be above zero")
    if "n_unique_tokens" not in fit.law.inputs:
        raise RequestError(
            f"the law {fit.law.name} takes no account of repeated data; fit runs that repeat theirs, with a "
            "column n_unique_tokens, or leave --unique-tokens out"
        )
    return n_unique_tokens


def _advice(fit: FamilyFit, ratio: float, interval: Interval) -> str:
    """Return what to change before such a prediction is believed, or nothing."""
    if not fit.back_test.passed:
        return fit.back_test.verdict
    if ratio > reach(fit):
        return (
            f"{ratio:,.3g} times the compute of the largest fitted run, over a ladder that spans "
            f"{fit.compute_span:,.3g} times: add rungs of at least "
            f"{format_flop(ratio * fit.largest_compute / reach(fit))} FLOP"
        )
    if interval.high / interval.low > WIDEST:
        return (
            f"the 90% interval runs from {interval.low:.3g} to {interval.high:.3g}: "
            "add sizes and data budgets, or seeds, to narrow it"
        )
    return ""


def check_rows(fit: FamilyFit, rows: Sequence[Observation]) -> tuple[HeldOutCheck, ...]:
    """Predict each of ``rows`` from its size and data, and check it against its measured loss."""
    return tuple(
        check_held_out(
            extrapolate(
                fit,
                n_params=row.n_params,
                n_tokens=row.n_tokens,
                train_flops=row.train_flops,
                n_unique_tokens=row.n_unique_tokens if "n_unique_tokens" in fit.law.inputs else None,
            ),
            row.loss,
            row.name,
        )
        for row in rows
    )
