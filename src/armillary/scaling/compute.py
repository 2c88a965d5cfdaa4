"""Compute, size and data: what a token costs in FLOP, and how to split compute between the two."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from armillary.fitting.fit import distinct
from armillary.fitting.law import Values
from armillary.scaling.observations import Observation

GOLDEN = (math.sqrt(5) - 1) / 2
SEARCH_STEPS = 50  # of golden-section search: 41 e-folds shrink to 1.5e-9 of one, where a minimum is flat
REACH = 1e9  # the best size is looked for this far below and above the proportional one


@dataclass(frozen=True, kw_only=True)
class FlopsPerToken:
    """C / D = slope N + offset, as measured: 6 N for most of a model, less for tables, more for attention."""

    slope: float
    offset: float

    @classmethod
    def measured(cls, observations: Iterable[Observation]) -> Self:
        """Fit the line to observations, by least squared relative error; one size gives no offset."""
        rows = tuple(observations)
        size = np.array([row.n_params for row in rows], dtype=np.float64)
        rate = np.array([row.train_flops / row.n_tokens for row in rows], dtype=np.float64)
        proportional = cls(slope=float((rate / size).mean()), offset=0.0)
        if distinct(size) < 2:
            return proportional
        design = np.stack([size / rate, 1 / rate], axis=1)
        scale = design.max(0)
        slope, offset = np.linalg.lstsq(design / scale, np.ones(len(rows)), rcond=None)[0] / scale
        line = cls(slope=float(slope), offset=float(offset))
        return line if slope > 0 and (line.at(size) > 0).all() else proportional

    def at(self, n_params: Values) -> NDArray[np.float64]:
        """Return the FLOP of one training token for models of ``n_params``."""
        return np.asarray(self.slope * np.asarray(n_params) + self.offset)

    def tokens(self, train_flops: Values, n_params: Values) -> NDArray[np.float64]:
        """Return the tokens that ``train_flops`` pays for."""
        return np.asarray(train_flops / np.maximum(self.at(n_params), np.finfo(np.float64).tiny))


def optimal_split(
    law: Callable[[Any, Any], Values],
    cost: FlopsPerToken,
    train_flops: Float[np.ndarray, "*draws computes"],
    start: float,
) -> tuple[Float[np.ndarray, "... computes"], Float[np.ndarray, "... computes"]]:
    """Return (N, D) of the lowest loss that each amount of compute can buy under ``law``.

    ``law`` is over n_params and n_tokens; its parameters may be columns of draws, which gives one row
    each, and so may the compute.  The search is over ln N around ``start`` sqrt(C / C0), C0 the smallest
    compute: the loss has one minimum along a line of equal compute.
    """
    centre = np.log(start) + 0.5 * np.log(train_flops / train_flops.min())
    floor = math.log(max(1.0, -2 * cost.offset / cost.slope))  # where a token's cost is surely positive

    def loss(log_size: NDArray[np.float64]) -> NDArray[np.float64]:
        size = np.exp(log_size)
        return np.asarray(law(size, cost.tokens(train_flops, size)))

    low = np.maximum(centre - math.log(REACH), floor)
    high = np.maximum(centre + math.log(REACH), floor)
    n_params = np.exp(golden_section(loss, low, high))
    return n_params, cost.tokens(train_flops, n_params)


def golden_section(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return where ``function``, with one minimum between ``low`` and ``high``, has it (Kiefer 1953).

    Elementwise; ``function`` may return more rows than it is given, and then each row gets its own.
    """
    inner, outer = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_inner, at_outer = function(inner), function(outer)
    for _ in range(SEARCH_STEPS):
        left = at_inner < at_outer
        low, high = np.where(left, low, inner), np.where(left, outer, high)
        probe = np.where(left, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        inner, outer = np.where(left, probe, outer), np.where(left, inner, probe)
        found = function(probe)
        at_inner, at_outer = np.where(left, found, at_outer), np.where(left, at_inner, found)
    return np.asarray((low + high) / 2)
