"""Innovations stacked by what they save."""

import math

import pytest

from armillary.core.errors import UnknownNameError
from armillary.trends.ledger import RESOURCES, compare, ledger
from armillary.trends.record import Innovation


def entry(name, factor, group, builds_on="", year=2020, low=None, high=None):
    return Innovation(
        name=name, year=year, saves="compute", at="training", factor=factor, low=low or factor,
        high=high or factor, group=group, builds_on=builds_on, domain="all", paper="p",
        figure_source="p", note="",
    )  # fmt: skip


def stack(*entries, **rules):
    return ledger("training compute", domain="all", entries=entries, **rules)


def test_gains_of_different_groups_multiply():
    found = stack(entry("a", 2.0, "x", low=1.5, high=3), entry("b", 3.0, "y"))
    assert (found.low, found.product, found.high) == pytest.approx((4.5, 6.0, 9.0))
    assert found.refused == ()


def test_of_overlapping_gains_the_largest_counts_and_the_other_is_refused():
    found = stack(entry("a", 2.0, "x"), entry("b", 3.0, "x"))
    assert found.product == 3.0
    assert [(r.innovation.name, r.reason) for r in found.refused] == [
        ("a", "does the same work (x) as b, which saves as much or more")
    ]


def test_a_gain_measured_against_another_of_its_group_multiplies_with_it():
    chain = entry("a", 2.0, "x"), entry("b", 3.0, "x", builds_on="a"), entry("c", 1.5, "x", builds_on="b")
    assert stack(*chain).product == pytest.approx(9.0)
    found = stack(*chain, entry("d", 10.0, "x"))
    assert found.product == 10.0
    assert len(found.refused) == 3


def test_years_and_entries_without_a_figure():
    found = stack(entry("a", 2.0, "x", year=2010), entry("b", 3.0, "y"), entry("c", None, "z"), since=2015)
    assert found.product == 3.0
    assert [e.name for e in found.without_figure] == ["c"]


@pytest.mark.parametrize("resource", RESOURCES)
def test_no_group_of_the_record_counts_twice(resource):
    found = ledger(resource)
    assert found.low <= found.product <= found.high
    for group in {e.group for e in found.counted}:
        chain = [e for e in found.counted if e.group == group]
        assert sum(not e.builds_on for e in chain) == 1


def test_training_compute_of_the_record():
    found = ledger("training compute")
    assert {e.name for e in found.counted} >= {"Transformer", "Switch Transformer"}
    assert {r.innovation.name for r in found.refused} >= {"Muon"}  # an optimiser as Sophia is
    assert found.product == pytest.approx(7.2 * 7 * 2)


def test_the_product_is_held_against_every_edition_of_the_measured_rate():
    first, second, images = compare()
    assert first.measured == pytest.approx(2 ** (11 * 12 / 8.4))
    assert first.measured_low < first.measured < first.measured_high
    assert first.share_explained == pytest.approx(math.log(first.product) / math.log(first.measured))
    assert 0 < first.share_explained < 1
    assert first.progress.edition != second.progress.edition
    assert images.measured_low is None
    assert images.measured == pytest.approx(44, rel=0.15)  # Hernandez and Brown 2020


def test_unknown_names_are_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'training compute'"):
        ledger("training computer")
    with pytest.raises(UnknownNameError, match="domain"):
        ledger("training compute", domain="law")
