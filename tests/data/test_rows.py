import csv
import json
import sys

import pytest

from armillary.core.errors import DataError, MissingExtraError
from armillary.data.rows import first_fields, label_value, read_rows, text_value


@pytest.fixture
def write(tmp_path):
    def at(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return at


def values(path, **options):
    return [dict(row) for _, row in read_rows(path, **options)]


ROWS = [{"text": "浑天, 仪", "label": "a"}, {"text": 'two\nlines "quoted"', "label": "b"}]
CSV = 'text,label\n"浑天, 仪",a\n"two\nlines ""quoted""",b\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", CSV),
        ("t.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("t.csv", CSV.replace("text,", " text ,").replace("b\n", "b")),
        ("t.CSV", CSV + "\n\n"),
        ("t.tsv", 'text\tlabel\n浑天, 仪\ta\n"two\nlines ""quoted"""\tb\n'),
        ("t.jsonl", "".join(json.dumps(row) + "\n\n" for row in ROWS)),
        ("t.ndjson", "\r\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)),
    ],
)
def test_all_forms_give_the_same_rows(write, name, content):
    assert values(write(name, content)) == ROWS


def test_parquet_gives_the_same_rows(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "t.parquet")
    assert values(tmp_path / "t.parquet") == ROWS


def test_a_delimiter_and_an_encoding_can_be_named(write):
    path = write("t.dat", "text;label\n天;甲\n".encode("gb18030"))
    assert values(path, delimiter=";", encoding="gb18030") == [{"text": "天", "label": "甲"}]


def test_very_long_fields_are_read_and_the_limit_is_put_back(write):
    before = csv.field_size_limit()
    assert len(values(write("t.csv", "text\n" + "x" * 300_000 + "\n"))[0]["text"]) == 300_000
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.csv", "", r"t\.csv is empty"),
        ("t.csv", "text,label\n", r"t\.csv has no rows"),
        ("t.csv", "a,a\n1,2\n", "two columns are named 'a'"),
        ("t.csv", 'text,label\n"x\ny",1\na,b,c\n', r"row 2 \(line 4\): 3 fields, but the header has 2"),
        ("t.csv", 'text,label\n"open,1\n', r"t\.csv, line 2: unexpected end of data"),
        ("t.csv", b"text\na\0b\n", r"a NUL at character 6 \(line 2\)"),
        ("t.csv", "text\n浑天\n".encode("gb18030"), r"line 2.*source\.encoding=gb18030"),
        ("t.jsonl", '{"text": "a"}\n{"text": \n', r"row 2 \(line 2\): .* column"),
        ("t.jsonl", '\n["a"]\n', r"row 1 \(line 2\): each line is one JSON object"),
        ("t.jsonl", "", "has no rows"),
        ("t.xlsx", b"PK", r"should end in \.csv, \.tsv"),
    ],
)
def test_broken_tables_are_refused_at_their_place(write, name, content, says):
    with pytest.raises(DataError, match=says):
        values(write(name, content))


def test_a_file_that_is_no_parquet_is_named(write):
    pytest.importorskip("pyarrow")
    with pytest.raises(DataError, match=r"cannot read .*t\.parquet as Parquet"):
        values(write("t.parquet", b"PAR1 but no more"))


def test_a_missing_pyarrow_is_one_sentence(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"armillary\[parquet\]"):
        values(write("t.parquet", b""))


@pytest.mark.parametrize(
    ("found", "label"), [("a ", "a"), (3, "3"), (True, "True"), (0, "0"), (1.5, "1.5"), ("猫", "猫")]
)
def test_labels_are_read_as_written(found, label):
    assert label_value(("row 1", {"label": found}), "label") == label


@pytest.mark.parametrize("found", [None, "", "  ", float("nan"), ["a"], {"a": 1}])
def test_missing_labels_are_refused(found):
    with pytest.raises(DataError, match="row 7: the column 'label'"):
        label_value(("row 7", {"label": found}), "label")


@pytest.mark.parametrize("found", [None, "", " \n", 3, ["a"]])
def test_missing_texts_are_refused(found):
    with pytest.raises(DataError, match="row 7: the column 'text'"):
        text_value(("row 7", {"text": found}), "text")


def test_a_missing_column_lists_the_columns_and_the_nearest():
    with pytest.raises(DataError, match=r"row 1: .*'text'; did you mean 'texts'\?.*known: id, texts"):
        text_value(("row 1", {"texts": "a", "id": 1}), "text")


def test_a_file_without_a_header_has_the_names_it_is_given(write):
    path = write("t.csv", '1,"a, b"\n2,c\n')
    assert values(path, header=("1", "2")) == [{"1": "1", "2": "a, b"}, {"1": "2", "2": "c"}]
    assert first_fields(path, 1, encoding="utf-8") == [["1", "a, b"]]
    assert first_fields(write("t.jsonl", "{}"), 1, encoding="utf-8") == []
    with pytest.raises(DataError, match=r"row 2 \(line 2\): 1 fields, but the first line has 3"):
        values(write("t.csv", "a,b,c\nd\n"), header=("1", "2", "3"))


@pytest.mark.parametrize("line", ['"a b', 'a "b" c', '"a" b', 'a""', '"a"b"'])
def test_a_stray_quotation_mark_makes_all_of_a_tab_separated_file_plain(write, line):
    found = values(write("t.tsv", f'x\ty\n{line}\t"c"\n'))
    assert found == [{"x": line, "y": '"c"'}]
