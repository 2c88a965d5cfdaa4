"""Made-up histories of a quantity whose growth is known."""

import numpy as np
from hypothesis import strategies as st

from armillary.trends.series import Series


def history(
    rng: np.random.Generator,
    n: int = 120,
    *,
    slope: float = 0.5,
    scatter: float = 0.6,
    since: float = 2010.0,
    until: float = 2022.0,
    break_at: float = np.inf,
    bend: float = 0.0,
    jump: float = 0.0,
    noise: float = 1.0,
    hidden_since: float = np.inf,
    frontier: int = 0,
) -> Series:
    """Return n rows at random dates; from ``hidden_since`` on those above the trend are known by bounds.

    ``slope``, ``bend`` (after the break), ``jump`` and ``scatter`` are in orders of magnitude; every value
    is uncertain by the factor ``noise``.
    """
    dates = np.sort(rng.uniform(since, until, n))
    after = dates >= break_at
    trend = 20 + slope * (dates - since) + after * (jump + bend * np.where(after, dates - break_at, 0.0))
    orders = trend + scatter * rng.standard_normal(n)
    hidden = (dates >= hidden_since) & (orders > trend)
    values = 10**orders
    return Series(
        quantity="training_flop",
        unit="FLOP",
        selection="made up",
        dates=dates,
        values=np.where(hidden, np.nan, values),
        low=np.where(hidden, 10**trend, values / noise),
        high=np.where(hidden, np.inf, values * noise),
        names=tuple(f"model {i}" for i in range(n)),
        sources=tuple(f"source {i}" for i in range(n)),
        frontier=frontier,
    )


ROWS = st.lists(
    st.tuples(
        st.floats(1950, 2030), st.floats(-30, 60), st.floats(0, 3), st.sampled_from(["value", "low", "high"])
    ),
    min_size=1,
    max_size=40,
)


def series_of(rows: list[tuple[float, float, float, str]], frontier: int = 0) -> Series:
    """Return any rows at all as a series: values, uncertain or not, and bounds."""
    dates, orders, width, kind = (np.array(column) for column in zip(*rows, strict=True))
    return Series(
        quantity="q",
        unit="FLOP",
        selection="fuzzed",
        dates=dates,
        values=np.where(kind == "value", 10**orders, np.nan),
        low=np.where(kind == "high", 0.0, 10 ** (orders - width)),
        high=np.where(kind == "low", np.inf, 10 ** (orders + width)),
        names=("row",) * len(rows),
        sources=("told",) * len(rows),
        frontier=frontier,
    )
