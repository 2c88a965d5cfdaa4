"""Innovations and rates of progress."""

import pytest

from armillary.trends.record import innovations, progress


def test_every_innovation_has_a_paper_and_a_figure_with_a_source_or_none():
    entries = innovations()
    assert len(entries) >= 50
    assert len({entry.name for entry in entries}) == len(entries)
    names = {entry.name for entry in entries}
    for entry in entries:
        assert "http" in entry.paper
        assert 1950 < entry.year <= 2026
        assert (entry.factor is None) == (not entry.figure_source)
        if entry.factor is not None:
            assert 1 < (entry.low or 0) <= entry.factor <= (entry.high or 0)
        assert not entry.builds_on or entry.builds_on in names


def test_editions_of_a_rate_are_kept_apart():
    language = [rate for rate in progress() if rate.domain == "language"]
    assert [(rate.halving_months, rate.low, rate.high, rate.level) for rate in language] == [
        (8.4, 4.5, 14.3, 0.95),
        (8, 2, 22, 0.9),
    ]
    assert len({rate.edition for rate in language}) == 2


def test_a_rate_over_years_is_a_factor_with_its_interval():
    middle, slow, fast = progress()[0].factor(7.0)
    assert middle == pytest.approx(2 ** (84 / 8.4))
    assert slow == pytest.approx(2 ** (84 / 14.3))
    assert fast == pytest.approx(2 ** (84 / 4.5))
    assert progress()[-1].factor(7.0)[1:] == (None, None)
