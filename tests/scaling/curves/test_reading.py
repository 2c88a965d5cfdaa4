import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.errors import DataError
from armillary.scaling.curves.reading import holds_curves, read_curves

TABLE = """Task,Model,Seen Examples,Loss,Training
birds,small,1e6,0.9,1
birds,small,4M,0.5,1
birds,small,2e6,0.7,1
birds,small,8e6,0.3,0
birds,large,1e6,0.8,1
birds,large,1e6,0.8,1
birds,large,1e6,0.2,1
birds,large,2e6,NaN,1
birds,large,-5,0.4,1
birds,large,4e6,0.4,perhaps
"""
COLUMNS = {"x": "Seen Examples", "y": "Loss", "curve": "Task,Model"}


@pytest.fixture
def table(tmp_path):
    def write(text, name="curves.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_one_table_holds_many_curves_in_rising_x(table):
    small, large = read_curves(table(TABLE), COLUMNS)
    assert (small.name, large.name) == ("birds, small", "birds, large")
    np.testing.assert_array_equal(small.x, [1e6, 2e6, 4e6])
    np.testing.assert_array_equal(small.y, [0.9, 0.7, 0.5])
    np.testing.assert_array_equal(small.held_out_x, [8e6])
    np.testing.assert_array_equal(small.held_out_y, [0.3])


def test_what_is_not_used_as_it_stands_is_said(table):
    small, large = read_curves(table(TABLE), COLUMNS)
    assert small.dropped == ()
    assert {row.row: row.reason for row in large.dropped} == {
        "row 6": "is the same as row 5",
        "row 7": "has an x given before; the geometric mean of their y is used",
        "row 8": "has no y (NaN)",
        "row 9": "has x = -5, which is not above zero",
        "row 10": "has Training = 'perhaps', which is neither 1 (given) nor 0 (held out)",
    }
    np.testing.assert_allclose(large.y, [np.sqrt(0.8 * 0.2)])


def test_a_plain_table_needs_no_mapping(table):
    path = table("x\ty\n1\t3\n2\t2\n", "curve.tsv")
    assert holds_curves(path, {})
    [curve] = read_curves(path, {})
    assert curve.name == ""
    np.testing.assert_array_equal(curve.x, [1.0, 2.0])
    lines = table('{"x": 1, "y": 3, "curve": "a"}\n{"x": 2, "y": 2, "curve": "b"}\n', "curves.jsonl")
    assert [curve.name for curve in read_curves(lines, {})] == ["a", "b"]


def test_a_table_of_runs_is_no_table_of_curves(table):
    path = table("n_params,n_tokens,loss\n1e6,1e7,3\n")
    assert not holds_curves(path, {})
    assert holds_curves(path, {"x": "n_params", "y": "loss"})
    plotted = table("x,y,Model Size,loss\n1,2,1e6,3\n")  # runs with the places of their points in a figure
    assert holds_curves(plotted, {})
    assert not holds_curves(plotted, {"n_params": "Model Size"})


def test_columns_that_are_not_there_are_named(table):
    with pytest.raises(DataError, match=r"no column \(for y\) is called 'y'.*--columns y=NAME"):
        read_curves(table("x,loss\n1,2\n"), {})
    with pytest.raises(DataError, match=r"no column \(for curve\) is called 'Modle'; did you mean 'Model'"):
        read_curves(table(TABLE), COLUMNS | {"curve": "Task,Modle"})
    with pytest.raises(DataError, match=r"no row that can be used, of 1; the first: row 1 has no y"):
        read_curves(table("x,y\n1,\n"), {})


@settings(max_examples=60, deadline=None)
@given(cells=st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6)), max_size=8))
def test_whatever_cells_hold_every_row_is_used_or_said(tmp_path_factory, cells):
    plain = [tuple("".join(c for c in cell if c.isalnum() or c in ".-+e ") for cell in row) for row in cells]
    path = tmp_path_factory.mktemp("fuzz") / "curves.csv"
    path.write_text("\n".join(["x,y,given", "1,2,1", *(f"{x},{y},1" for x, y in plain)]), encoding="utf-8")
    [curve] = read_curves(path, {"training": "given"})
    merged = sum("geometric mean" in row.reason for row in curve.dropped)
    assert len(curve) + len(curve.dropped) == 1 + len(plain)
    assert merged <= len(curve.dropped)
    assert np.all(curve.y > 0)
    assert np.all(np.diff(curve.x) > 0)
