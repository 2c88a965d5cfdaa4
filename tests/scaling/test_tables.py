import json
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armillary.core.errors import ArmillaryError, ConfigError, DataError, MissingExtraError
from armillary.scaling.observations import Observations
from armillary.scaling.tables import COLUMNS, parse_columns, read_table

HEADER = "n_params,n_tokens,loss\n"


def read(tmp_path, text, columns=None, name="runs.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_table(path, columns or {})


def test_two_of_size_data_and_compute_suffice_and_the_third_is_said_to_be_derived(tmp_path):
    [by_size] = read(tmp_path, HEADER + "1.3B,26e9,2.5\n").rows
    assert by_size.train_flops == pytest.approx(6 * 1.3e9 * 26e9)
    found = read(tmp_path, "n_params,train_flops,loss\n1e9,1.2e20,2.5\n")
    assert found.rows[0].n_tokens == pytest.approx(2e10)
    assert found.assumptions == ("n_tokens from train_flops = 6 n_params n_tokens",)
    [by_data] = read(tmp_path, "n_tokens;train_flops;loss\n2e10;1.2e20;2.5\n").rows
    assert by_data.n_params == pytest.approx(1e9)


def test_measured_compute_is_taken_as_it_is(tmp_path):
    found = read(tmp_path, "n_params,n_tokens,train_flops,loss,family\n1M,2M,9e12,3,cnn\n")
    assert found.rows[0].train_flops == 9e12
    assert found.rows[0].family == "cnn"
    assert found.assumptions == ()


def test_columns_of_other_names_are_mapped(tmp_path):
    columns = parse_columns(["n_params=Model Size", "train_flops=Training FLOP"])
    found = read(tmp_path, "Model Size\tTraining FLOP\tloss\n1e9\t1.2e20\t2.5\n", columns, "runs.tsv")
    assert found.rows[0].n_params == 1e9


def test_json_lines_are_read(tmp_path):
    lines = [json.dumps({"n_params": 10**6, "n_tokens": "2M", "loss": 3.1, "family": "lstm"}), ""]
    [row] = read(tmp_path, "\n".join(lines), name="runs.jsonl").rows
    assert (row.n_params, row.n_tokens, row.family, row.name) == (1e6, 2e6, "lstm", "line 1")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("1e6,2e6,", "has no loss"),
        ("1e6,2e6,nan", "has no loss (nan)"),
        ("1e6,2e6,-inf", "has an infinite loss"),
        ("1e6,2e6,0", "has loss = 0, which is not above zero"),
        ("-5,2e6,3", "has n_params = -5, which is not above zero"),
        ("big,2e6,3", "has n_params = 'big', which is no number (1.3B and 3e20 are)"),
        ("1e6,1e999,3", "has n_tokens = '1e999', which is no number (1.3B and 3e20 are)"),
        ("2e6,2e6,3", "is the same as row 1"),
        ("1e6", "has no n_tokens"),
        ("1e200,1e200,3", "has train_flops = inf by train_flops = 6 n_params n_tokens"),
    ],
)
def test_a_row_that_cannot_be_used_is_listed_with_its_reason(tmp_path, cells, reason):
    found = read(tmp_path, HEADER + "2e6,2e6,3\n" + cells + "\n")
    assert len(found.rows) == 1
    assert [(d.row, d.reason) for d in found.dropped] == [("row 2", reason)]


def test_unique_tokens_are_read_where_a_row_has_them(tmp_path):
    lines = ["n_params,n_tokens,n_unique_tokens,loss", "1M,4M,1M,3", "1M,4M,,2.9", "1M,4M,5M,2.8"]
    found = read(tmp_path, "\n".join(lines))
    assert [row.n_unique_tokens for row in found.rows] == [1e6, None]
    assert [d.reason for d in found.dropped] == ["has more n_unique_tokens than n_tokens"]


def test_seeds_of_one_configuration_are_no_duplicates(tmp_path):
    assert len(read(tmp_path, HEADER + "1e6,2e6,3.00\n1e6,2e6,3.01\n").rows) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("n_params,loss\n1,2\n", "has no column n_tokens, train_flops; it needs loss and two of"),
        ("n_params,n_tokens\n1,2\n", "has no column loss"),
        (HEADER, "has no row that can be used"),
        (HEADER + "x,1,2\n", "of 1; the first: row 1 has n_params = 'x'"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, text)


def test_a_wrong_mapping_names_what_there_is(tmp_path):
    with pytest.raises(DataError, match=r"called 'Model size'; did you mean 'Model Size'"):
        read(tmp_path, "Model Size,n_tokens,loss\n1,2,3\n", {"n_params": "Model size"})
    with pytest.raises(ConfigError, match="did you mean 'n_params'"):
        parse_columns(["n_param=N"])
    with pytest.raises(ConfigError, match="maps no column"):
        parse_columns(["n_params"])


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_bytes(b"n_params,\xff\xfe\n")
    with pytest.raises(DataError, match="not UTF-8"):
        read_table(path, {})
    with pytest.raises(DataError, match="line 1, is not JSON"):
        read(tmp_path, "{", name="runs.jsonl")
    with pytest.raises(DataError, match="is no object"):
        read(tmp_path, "[1]", name="runs.jsonl")


def parquet(path, **columns):
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table(columns), path)
    return path


def test_parquet_is_read_as_csv_is(tmp_path):
    path = parquet(
        tmp_path / "runs.parquet",
        Size=[1e6, 2e6, 4e6],
        n_tokens=["2M", "4M", "8M"],
        loss=[3.0, None, float("nan")],
    )
    found = read_table(path, {"n_params": "Size"})
    assert [(row.n_params, row.n_tokens, row.name) for row in found.rows] == [(1e6, 2e6, "row 1")]
    assert [(d.row, d.reason) for d in found.dropped] == [
        ("row 2", "has no loss"),
        ("row 3", "has no loss (nan)"),
    ]


def test_a_damaged_parquet_file_is_named(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "runs.parquet"
    path.write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"cannot read .*runs.parquet as Parquet"):
        read_table(path, {})


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'armillary\[parquet\]'"):
        read_table(tmp_path / "runs.parquet", {})


def test_a_number_of_json_may_be_of_any_size(tmp_path):
    lines = [
        f'{{"n_params": 1{"0" * 400}, "n_tokens": 1, "loss": 2}}',
        '{"n_params": 1, "n_tokens": NaN, "loss": 2}',
    ]
    good = '{"n_params": 5, "n_tokens": 5, "loss": 2, "name": "line\u2028break"}'
    found = read(tmp_path, "\n".join([*lines, good]), name="runs.jsonl")
    assert [d.reason for d in found.dropped] == [
        "has n_params = 100000000000..., which is too large for a number",
        "has no n_tokens (nan)",
    ]
    assert found.rows[0].name == "line\u2028break"


def test_spaces_around_the_names_of_columns_do_not_matter(tmp_path):
    assert read(tmp_path, "n_params , n_tokens, loss\n1M, 2M, 3\n").rows[0].n_tokens == 2e6


def test_a_cell_longer_than_a_table_has_is_an_error(tmp_path):
    with pytest.raises(DataError, match="line 1, is no line of a table: field larger"):
        read(tmp_path, HEADER + '"' + "x" * 200_000 + '",1,2\n')


CELL = st.one_of(
    st.floats().map(str),
    st.sampled_from(["", "1.3B", "3e20", "NaN", "-1", "1e6", "a,b", '"', "∞", "1_000"]),
    st.text(max_size=6),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELL, max_size=5), max_size=6), suffix=st.sampled_from(["csv", "tsv", "jsonl"]))
def test_any_table_gives_rows_or_one_clear_error(tmp_path, rows, suffix):
    path = tmp_path / f"fuzz.{suffix}"
    path.write_text(HEADER + "\n".join(",".join(row) for row in rows), encoding="utf-8")
    try:
        found = read_table(path, {})
    except ArmillaryError as error:
        found, message = Observations(rows=()), str(error)
    else:
        message = str(path)
    assert str(path) in message
    assert all(np.isfinite([r.n_params, r.n_tokens, r.train_flops, r.loss]).all() for r in found.rows)


VALUE = st.one_of(
    CELL,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(st.integers(), max_size=2),
    st.just(10**400),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.dictionaries(st.sampled_from(sorted(COLUMNS)), VALUE), min_size=1, max_size=6))
def test_any_json_lines_give_rows_or_one_clear_error(tmp_path, rows):
    path = tmp_path / "fuzz.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    try:
        found = read_table(path, {})
    except DataError as error:
        message, found = str(error), None
    assert found is not None or str(path) in message
    if found is None:
        return
    assert len(found.rows) + len(found.dropped) == len(rows)
    for row in found.rows:
        assert all(0 < x < np.inf for x in (row.n_params, row.n_tokens, row.train_flops, row.loss))
