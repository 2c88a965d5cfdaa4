"""What a newer table changes."""

import numpy as np
import pytest

from armillary.core.errors import FitError
from armillary.trends.drift import drift
from armillary.trends.series import Series

YEARS = np.array([2022.0, 2025.0])


def series(dates, logs, names=None, bounds=None):
    values = 10.0 ** np.asarray(logs, dtype=float)
    low, high = values / 2, values * 2
    for i, (lower, upper) in (bounds or {}).items():
        values[i], low[i], high[i] = np.nan, lower, upper
    return Series(
        quantity="training_flop",
        unit="FLOP",
        selection="all",
        dates=np.asarray(dates, dtype=float),
        values=values,
        low=low,
        high=high,
        names=tuple(names or (f"m{d:g}" for d in dates)),
        sources=tuple(f"paper {i}" for i in range(len(dates))),
    )


def straight(table, years):
    """Return courses of the straight line, apart by its standard error."""
    known = table.known()
    (slope, height), cov = np.polyfit(known.dates - 2015, np.log10(known.values), 1, cov=True)
    rng = np.random.default_rng(0)
    lines = rng.multivariate_normal([slope, height], cov, 400)
    return lines[:, :1] * (years - 2015) + lines[:, 1:]


DATES = np.arange(2010, 2021, 0.5)
LOGS = 20 + 0.6 * (DATES - 2010) + 0.1 * np.random.default_rng(1).standard_normal(len(DATES))
OLD = series(DATES, LOGS)


def test_the_same_table_does_not_drift():
    found = drift(OLD, OLD, YEARS, straight)
    assert found.left == ()
    assert found.changes == ()
    assert set(found.counts.values()) == {0}
    assert (found.came_later, found.coverage_90) == (0, None)


def test_growth_that_slows_leaves_the_interval_and_the_new_rows_did_it():
    later = np.arange(2021, 2025, 0.5)
    logs = LOGS[-1] + 0.1 * (later - 2020.5)
    found = drift(OLD, series([*DATES, *later], [*LOGS, *logs]), YEARS, straight)
    assert [moved.year for moved in found.left] == [2022.0, 2025.0]
    assert found.left[1].after < found.left[1].before_90.low
    assert found.left[1].orders < -0.5
    assert found.counts["new"] == len(later) == found.came_later
    assert found.coverage_90 < 0.5
    assert all(change.kind == "new" for change in found.changes)
    assert found.changes[0].name == "m2024.5"
    assert found.changes[0].shift < 0


def test_rows_that_follow_the_trend_lie_inside_as_often_as_they_should():
    dates = np.concatenate([DATES, np.arange(2021, 2023, 0.25)])
    inside = []
    for seed in range(20):
        noise = 0.1 * np.random.default_rng(seed).standard_normal(len(dates))
        whole = series(dates, 20 + 0.6 * (dates - 2010) + noise)
        found = drift(whole.until(2020.9), whole, YEARS, straight)
        assert found.counts == {"new": 8, "revised": 0, "redated": 0, "removed": 0}
        inside.append((found.coverage_50, found.coverage_90))
    assert np.mean(inside, axis=0) == pytest.approx([0.5, 0.9], abs=0.08)


def test_revised_removed_and_redated_rows_are_told_apart():
    dates, logs = DATES.copy(), LOGS.copy()
    logs[-1] += 3.0  # m2020.5
    dates[3] += 0.1  # m2011.5
    new = series(dates[1:], logs[1:], names=OLD.names[1:])
    found = drift(OLD, new, YEARS, straight)
    assert found.counts == {"new": 0, "revised": 1, "redated": 1, "removed": 1}
    first = found.changes[0]
    assert (first.name, first.kind) == ("m2020.5", "revised")
    assert first.after / first.before == pytest.approx(1e3)
    assert first.source == "paper 20"
    # undone alone, the revision's share of the line at 2025 is that of least squares' weight of its row
    t = new.dates - new.dates.mean()
    weight = 1 / len(t) + t[-1] * (2025 - new.dates.mean()) / (t**2).sum()
    assert first.shift == pytest.approx(3.0 * weight)
    removed = next(change for change in found.changes if change.kind == "removed")
    assert removed.after is None


def test_a_value_that_becomes_known_is_a_revision():
    old = series(DATES, LOGS, bounds={5: (1e22, 1e25)})
    found = drift(old, OLD, YEARS, straight)
    assert [(change.kind, change.before) for change in found.changes] == [("revised", None)]
    assert found.changes[0].after == pytest.approx(OLD.values[5])


def flat(_table, years):
    return np.zeros((3, len(years)))


def test_one_date_is_no_line():
    one = series([2020, 2020], [20, 21], names=("a", "b"))
    with pytest.raises(FitError, match="two dates"):
        drift(OLD, one, YEARS, flat)
