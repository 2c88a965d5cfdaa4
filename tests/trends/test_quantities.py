"""What trends are told of."""

import pytest

from armillary.core.errors import UnknownNameError
from armillary.trends.quantities import BOUNDS, LOGARITHMS, PUBLISHED, RANKED_BY, TEXTS, columns_of, quantity


def test_every_quantity_has_a_unit_and_ratios_are_of_others():
    for name, found in PUBLISHED.items():
        assert found.name == name
        assert found.unit
        assert found.description
        assert all(part in PUBLISHED for part in found.ratio or ())


def test_no_column_means_two_things():
    fields = (*PUBLISHED, *TEXTS, *BOUNDS, *LOGARITHMS)
    columns = [column for field in fields for column in columns_of(field)]
    shared = {column for column in columns if columns.count(column) > 1}
    # a field's own name may stand among the names that tables use for it
    assert shared <= set(fields)
    assert all(column == column.casefold() for column in columns)


def test_what_the_frontier_is_judged_by_exists():
    assert all(PUBLISHED[name].kind == kind for kind, name in RANKED_BY.items())


def test_an_unknown_quantity_names_the_nearest():
    assert quantity("n_params").unit == "parameters"
    with pytest.raises(UnknownNameError, match="did you mean 'n_params'"):
        quantity("n_param")
