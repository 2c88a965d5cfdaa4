"""Tables of a user's own and of Epoch AI's editions."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.errors import DataError
from armillary.trends.table import read_table


@pytest.fixture
def table(tmp_path):
    def write(text, **options):
        path = tmp_path / "models.csv"
        path.write_text(text, encoding="utf-8")
        return read_table(path, **options)

    return write


NEWEST = """Model,Organization,Publication date,Domain,Parameters,Training compute (FLOP),\
Training dataset size (total),Confidence,Link,Notability criteria,Training time (hours),Training hardware,\
Hardware quantity,Hardware utilization (MFU),Training compute cost (2023 USD),Training power draw (W),\
Base model,Abstract
Big,Lab A,2025-02-01,"Language,Vision",1000000000000.0,5e+26,30000000000000.0,Likely,https://a,SOTA,\
2000,NVIDIA H100 SXM5 80GB,100000,0.4,400000000.0,140000000.0,,"Long, with a
line break"
Small,Lab B,2025-03-01,Language,,,,,https://b,,,,,,,,Big,
"""
OLDER = """System,Domain,Organization,Publication date,Parameters,Training compute (FLOP),\
Training dataset size (datapoints),Hardware utilization,Notability criteria,Link
Big,Language,Lab A,2023-02-01,7e10,8e23,2e12,0.43,Highly cited,https://a
"""
OLDEST = """System,Organization(s),Publication date,Parameters,Training compute (FLOPs),Inclusion criteria
AlexNet,University of Toronto,30/9/2012,60000000,4.7e17,Highly cited
"""
BOUNDED = """Model,Publication date,Training compute (FLOP),Training compute lower bound,\
Training compute upper bound
A,2024-01-01,2e23,9e22,3e23
B,2024-02-01,,1e25,
C,2017-07-25,5.64e19,1e20,2e20
"""


def test_the_newest_edition_as_downloaded(table):
    read = table(NEWEST)
    big, small = read.rows
    assert big.organisation == "Lab A"
    assert big.domains == ("Language", "Vision")
    assert big.notable is True
    assert small.notable is False
    assert big.amounts["training_flop"].value == 5e26
    assert big.amounts["n_tokens"].value == 3e13
    assert big.amounts["cost_usd"].value == 4e8
    assert big.amounts["energy_kwh"].value == pytest.approx(140e6 * 2000 / 1000)
    assert small.base_model == "Big"
    assert read.unread == ("Abstract",)
    assert read.problems == ()


@pytest.mark.parametrize(("text", "flop"), [(OLDER, 8e23), (OLDEST, 4.7e17)])
def test_older_editions_call_things_otherwise(table, text, flop):
    row = table(text).rows[0]
    assert row.amounts["training_flop"].value == flop
    assert row.notable is True


def test_a_day_above_twelve_tells_the_order_of_all(table):
    read = table("Model,Date,Parameters\nA,13/5/2023,1\nB,5/1/2023,2\n")
    assert [row.date.day.isoformat() for row in read] == ["2023-05-13", "2023-01-05"]
    assert "put the day first" in read.notes[0]
    assert "month first" in table("Model,Date,Parameters\nB,5/1/2023,2\n").notes[0]


def test_bounds_in_columns_of_their_own(table):
    read = table(BOUNDED)
    a, b, c = (row.amounts["training_flop"] for row in read)
    assert (a.value, a.low, a.high) == (2e23, 9e22, 3e23)
    assert not b.known
    assert (b.low, b.high) == (1e25, float("inf"))
    assert (c.low, c.high) == (5.64e19, 5.64e19)
    assert "outside its bounds" in str(read.problems[0])


def test_bounds_that_cross_are_left_out(table):
    read = table(
        "Model,Date,Parameters,Training compute lower bound,Training compute upper bound\n"
        "A,2020,1,2e25,1e25\n"
    )
    assert set(read.rows[0].amounts) == {"n_params"}
    assert "training_flop lies outside its bounds" in str(read.problems[0])


def test_hardware_of_epoch_ai_with_ratios(table):
    row = table(
        "Hardware name,Manufacturer,Release date,Release price (USD),Tensor-FP16/BF16 performance (FLOP/s),"
        "Memory (bytes),TDP (W),FP32 (single precision) performance (FLOP/s)\n"
        "H200,NVIDIA,2024-11-18,30000.0,989500000000000.0,141000000000.0,700.0,66910000000000.0\n"
    ).rows[0]
    assert row.name == "H200"
    assert row.amounts["hardware_fp16_per_usd"].value == pytest.approx(9.895e14 / 3e4)
    assert row.amounts["hardware_fp32_per_watt"].value == pytest.approx(6.691e13 / 700)


def test_supercomputers_with_logarithms(table):
    row = table(
        "Name,Owner,First Operational Date,Max OP/s (log),16-bit OP/s (log),H100 equivalents,"
        "Power Capacity (MW),Hardware Cost\n"
        "Colossus,xAI,2024-09-01,20.3,20.0,100000,150.5,4000000000\n"
    ).rows[0]
    assert row.organisation == "xAI"
    assert row.amounts["cluster_flops"].value == pytest.approx(1e20)
    assert row.amounts["cluster_megawatts"].value == 150.5
    assert set(row.amounts) == {"cluster_flops", "cluster_h100", "cluster_megawatts", "cluster_usd"}


def test_what_cannot_be_used_is_reported_by_row(table):
    read = table(
        "Model,Date,Parameters,Mood\nA,soon,1\nB,2023,lots,glad\nC,,3\nD,2023-01-01,4\nD,2023-01-01,4\n"
    )
    assert [row.name for row in read] == ["B", "D"]
    said = [str(problem) for problem in read.problems]
    assert said == [
        "row 1 (A): Date = 'soon' is no date (2023-05-01, May 2023 and 2023 are); left out",
        "row 2 (B): Parameters = 'lots' is no positive number; cell left out",
        "row 3 (C): Date is missing; left out",
        "row 5 (D): Model = 'D' stands there already: row 4; left out",
    ]
    assert read.unread == ("Mood",)


def test_the_latest_edition_of_a_row_stays(table):
    read = table(
        "name,date,training_flop,edition\nX,2024-06-20,4.98e25,2024-10\nX,2024-06-20,2.7e25,2026-08\n"
    )
    assert read.rows[0].amounts["training_flop"].value == 2.7e25
    assert "is superseded by 2026-08" in str(read.problems[0])


def test_rows_of_one_name_and_no_edition_stay(table):
    read = table("name,date,training_flop\nX,2024-06-20,1e25\nX,2024-06-20,2e25\n")
    assert len(read) == 2
    assert read.problems == ()


def test_own_columns_by_name(table):
    read = table(
        "when;what;score\n2020;a;1,5\n2021;b;3,0\n", columns={"date": "when", "name": "what", "mine": "score"}
    )
    assert [row.amounts["mine"].value for row in read] == [1.5, 3.0]


def test_a_table_that_cannot_be_read_says_why(table, tmp_path):
    with pytest.raises(DataError, match="no column of dates"):
        table("Model,Parameters\nA,1\n")
    with pytest.raises(DataError, match=r"did you mean 'Released'"):
        table("Model,Released\nA,2020\n", columns={"date": "Release"})
    with pytest.raises(DataError, match="no row that can be used, of 1; the first: row 1"):
        table("Model,Date\nA,never\n")
    with pytest.raises(DataError, match="is empty"):
        table(" \n")
    with pytest.raises(DataError, match="cannot read"):
        read_table(tmp_path / "absent.csv")
    path = tmp_path / "latin.csv"
    path.write_bytes("Größe".encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8"):
        read_table(path)


CELL = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=15),
    st.floats().map(repr),
    st.dates().map(str),
    st.sampled_from(["~1e25", "1e25-2e25", "<3", ">4", "1,000", "n/a", "2023年5月", "May 2023", "5/1/2023"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL, CELL), min_size=1, max_size=8))
def test_every_row_of_any_table_is_read_or_reported(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("fuzz") / "table.csv"
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("Model", "Publication date", "Training compute (FLOP)", "Parameters"))
    writer.writerows([("whole", "2020-01-01", "1", "1"), *lines])
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    read = read_table(path)
    n_lines = 1 + sum(any(cell.strip() for cell in line) for line in lines)
    assert len(read) + len(read.dropped) == n_lines
    for row in read:
        for amount in row.amounts.values():
            assert 0 <= amount.low <= amount.high
