"""Which models stand apart from those of their time: the rule of Sevilla et al. 2022.

A model is held against all models published within 52 weeks of it, itself included, by the z-score of log10
of its compute (population standard deviation).  Below -2 it is an outlier; above 0.76 and after 1 September
2015 it belongs to the large scale.  Source: Compute Trends Across Three Eras of Machine Learning,
https://arxiv.org/abs/2202.05924.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

WINDOW = datetime.timedelta(weeks=52)
LOW = -2.0
LARGE = 0.76
LARGE_SINCE = datetime.date(2015, 9, 1)


def z_scores(
    dates: Sequence[datetime.date], values: Float[np.ndarray, " rows"]
) -> Float[np.ndarray, " rows"]:
    """Return each row's z-score among those of its window; 0 where the window holds no spread."""
    day = np.array([date.toordinal() for date in dates], dtype=np.float64)
    near = np.abs(day[:, None] - day[None, :]) <= WINDOW.days  # (row, row of its window)
    count = near.sum(axis=1)
    logs = np.log10(values)
    mean = near @ logs / count
    spread = np.sqrt(np.maximum(near @ (logs - logs.mean()) ** 2 / count - (mean - logs.mean()) ** 2, 0.0))
    apart = logs - mean
    scores: Float[np.ndarray, " rows"] = np.where(
        spread > 1e-9, apart / np.where(spread > 1e-9, spread, 1.0), 0.0
    )
    return scores


def low_outliers(
    dates: Sequence[datetime.date], values: Float[np.ndarray, " rows"]
) -> Bool[np.ndarray, " rows"]:
    """Return which rows lie far below their time."""
    low: Bool[np.ndarray, " rows"] = z_scores(dates, values) < LOW
    return low


def large_scale(
    dates: Sequence[datetime.date], values: Float[np.ndarray, " rows"]
) -> Bool[np.ndarray, " rows"]:
    """Return which rows belong to the large scale."""
    late = np.array([date > LARGE_SINCE for date in dates], dtype=bool)
    large: Bool[np.ndarray, " rows"] = late & (z_scores(dates, values) > LARGE)
    return large
