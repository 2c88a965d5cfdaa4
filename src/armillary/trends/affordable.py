"""For a given amount of money: which model is affordable in which year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from armillary.core.errors import RequestError
from armillary.fitting.uncertainty import Estimate, interval_of

# FLOP of a training run, per draw -> (parameters, tokens), as a plan splits them
Split = Callable[
    [Float[np.ndarray, " draws"]], tuple[Float[np.ndarray, " draws"], Float[np.ndarray, " draws"]]
]


@dataclass(frozen=True, kw_only=True)
class Affordable:
    """What money buys in one year."""

    year: float  # decimal
    train_flops: Estimate  # that the money pays for
    n_params: Estimate  # of the model of lowest loss
    n_tokens: Estimate  # that it is trained on


def affordable(
    usd: float,
    years: Float[np.ndarray, " years"],
    flop_per_usd: Float[np.ndarray, "draws courses"],
    split: Split,
) -> tuple[Affordable, ...]:
    """Return the model that ``usd`` pays for in each year.

    ``flop_per_usd`` are courses of log10 of the FLOP that a dollar delivers (peak, utilisation and price of
    an hour), ``split`` says how a plan divides compute between parameters and tokens.  Medians with 90%
    intervals.  RequestError when the money is not above zero or courses do not fit the years.
    """
    if usd <= 0:
        raise RequestError(f"a budget is above zero, not {usd:g}")
    if flop_per_usd.shape[1] != len(years):
        raise RequestError(f"courses of {flop_per_usd.shape[1]} years do not fit {len(years)} years")
    found = []
    for i, year in enumerate(years):
        flops = usd * 10 ** flop_per_usd[:, i]
        sizes, tokens = split(flops)
        found.append(
            Affordable(
                year=float(year),
                train_flops=_estimate(flops),
                n_params=_estimate(sizes),
                n_tokens=_estimate(tokens),
            )
        )
    return tuple(found)


def probability_affordable(
    train_flops: float, usd: float, flop_per_usd: Float[np.ndarray, "draws years"]
) -> Float[np.ndarray, " years"]:
    """Return the probability that ``usd`` pays for a run of ``train_flops`` in each year."""
    if train_flops <= 0 or usd <= 0:
        raise RequestError("a run's compute and a budget are above zero")
    share: Float[np.ndarray, " years"] = np.mean(flop_per_usd >= np.log10(train_flops / usd), axis=0)
    return share


def _estimate(draws: Float[np.ndarray, " draws"]) -> Estimate:
    return Estimate(value=float(np.median(draws)), interval=interval_of(draws))
